"""Every wrong way, one function each. What the engineer and the customer sign in them is honest; the thief mixes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tuf.api.metadata import Metadata

from remediation.executor.questions import Answer
from remediation.trust import publishing
from remediation.trust.assertion import PasskeyApproval
from remediation.trust.published import blob_name
from tests.fakes.vendor import ENGINEER, ROSTER
from tests.redteam.world import World
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.model import Kind, Revocation, payload_type, write_document
from wire.keys import generate_key, public_text
from wire.proofs import Result

Given = Result | Answer
EVER = datetime(2040, 1, 1, tzinfo=UTC)


def unsigned(world: World) -> Given:
    request = replace(world.request(), signatures=[])
    return world.send(request, world.approval(request))


def signed_by_the_thief(world: World) -> Given:
    request = world.request(world.thief)
    return world.send(request, world.approval(request))


def signed_by_the_receipt_key(world: World) -> Given:
    request = world.request(world.receipt_key, world.vendor.online)
    return world.send(request, world.approval(request))


def signed_by_the_customer_alone(world: World) -> Given:
    request = world.request(world.kim, world.lee)
    return world.send(request, world.approval(request))


def changed_after_signing(world: World) -> Given:
    honest = world.request()
    other = replace(honest, payload=honest.payload.replace(b'"web"', b'"worker"'))
    return world.send(other, world.approval(other))


def not_approved(world: World) -> Given:
    return world.send(world.request())


def approved_by_the_thief(world: World) -> Given:
    request = world.request()
    return world.send(request, world.approval(request, by=world.thief), world.approval(request, by=world.receipt_key))


def approved_by_the_engineer(world: World) -> Given:
    request = world.request()
    approval = world.request()  # the engineer's own signature once more, where an approval belongs
    return world.send(request, approval)


def one_signature_of_two(world: World) -> Given:
    request = world.request(action="rebuild", parameters={})
    return world.send(request, world.approval(request))


def one_key_twice(world: World) -> Given:
    request = world.request(action="rebuild", parameters={})
    return world.send(request, world.approval(request), world.approval(request, id="b" * 32))


def one_persons_yes_under_two_names(world: World) -> Given:
    request = world.request(action="rebuild", parameters={})
    return world.send(request, world.approval(request), world.approval(request, "Lee", world.kim, id="b" * 32))


def other_customer(world: World) -> Given:
    request = world.request(site="busan-hospital")
    return world.send(request, world.approval(request, site="busan-hospital"))


def other_host(world: World) -> Given:
    request = world.request(hosts=["host-2"])
    return world.send(request, world.approval(request, hosts=["host-2"]))


def approved_for_another_host(world: World) -> Given:
    request = world.request(hosts=["host-1", "host-2"])
    return world.send(request, world.approval(request, hosts=["host-2"]))


def expired_request(world: World) -> Given:
    request = world.request()
    approval = world.approval(request, not_after=world.now + timedelta(days=9))
    world.now += timedelta(hours=2)
    return world.send(request, approval)


def other_window(world: World) -> Given:
    request = world.request()
    approval = world.approval(request, not_after=world.now + timedelta(minutes=10))
    world.now += timedelta(minutes=20)
    return world.send(request, approval)


def replayed(world: World) -> Given:
    request = world.request()
    approval = world.approval(request)
    world.send(request, approval)
    world.runner.ran.clear()  # the run that was approved
    return world.send(request, approval)


def mixed(world: World) -> Given:
    approval = world.approval(world.request(parameters={"service": "worker"}))
    return world.send(world.request(), approval)


def swapped_under_a_passkey_prompt(world: World) -> Given:
    """The page shows one approval, has it signed, and hands in another over that signature."""
    shown = world.approval(world.request(parameters={"service": "worker"}), by=world.passkey)
    request = world.request(id="2" * 32)
    other = world.approval(request)
    assert isinstance(shown, PasskeyApproval)
    assert isinstance(other, Envelope)
    return world.send(request, PasskeyApproval(replace(other, signatures=[]), shown.assertion))


def by_passkey_alone(world: World) -> Given:
    """The page shows something harmless and asks for this: a passkey does not know what was seen."""
    request = world.request()
    return world.send(request, world.approval(request, by=world.passkey))


def old_actions_after_a_release(world: World) -> Given:
    request = world.request()
    approval = world.approval(request)
    world.release("1.1")
    return world.send(request, approval)


def vendor_rolled_back(world: World) -> Given:
    """The thief keeps yesterday's published files, and serves them after the host has seen today's."""
    kept, request = world.folder / "kept", world.request()
    shutil.copytree(world.inbox, kept)
    approval = world.approval(request)
    world.release("1.1")
    world.send(world.request(id="9" * 32))  # the host looks, and takes in 1.1
    world.inbox = kept
    return world.send(request, approval)


def vendor_frozen(world: World) -> Given:
    """Nothing new is served until what the host has is over."""
    world.send(world.request(id="9" * 32))
    world.now += timedelta(days=4_000)
    request = world.request()
    return world.send(request, world.approval(request))


def roster_forged_with_the_online_key(world: World) -> Given:
    """The online key signs timestamp and snapshot; a thief with it names himself an engineer."""
    raw = (ROSTER % public_text(world.thief)).encode()

    def name_the_thief(targets: Any) -> None:
        target = publishing.add_target(targets, "roster.yaml", raw)
        (world.inbox / "targets" / blob_name("roster.yaml", target.hashes["sha256"])).write_bytes(raw)

    world.vendor.forge("targets", [world.thief, world.vendor.online], name_the_thief, raise_by=1)
    request = world.request(world.thief)
    return world.send(request, world.approval(request))


def host_pointed_at_another_root(world: World) -> Given:
    """Version 2 of root in which every key is the thief's, signed by the thief and whatever the collector holds."""
    keys = [world.thief, world.receipt_key, world.vendor.online]
    root = publishing.first_root([key.public_key() for key in keys], 2, generate_key().public_key(), EVER)
    root.version = 2
    metadata = Metadata(root)
    for key in keys:
        publishing.sign(metadata, key)
    (world.inbox / "metadata" / "2.root.json").write_bytes(metadata.to_bytes())
    return roster_forged_with_the_online_key(world)


def unknown_kind(world: World) -> Given:
    request = _typed(world, "application/vnd.sitewarden.command.v1+json")
    return world.send(request, world.approval(request))


def unknown_version(world: World) -> Given:
    request = _typed(world, payload_type(Kind.REQUEST, 2))
    return world.send(request, world.approval(request))


def downgraded(world: World) -> Given:
    request = _typed(world, payload_type(Kind.REQUEST, 0))
    return world.send(request, world.approval(request))


def _typed(world: World, kind: str) -> Envelope:
    return add_signature(Envelope(kind, world.request().payload, []), ENGINEER)


def approval_as_request(world: World) -> Given:
    approval = world.approval(world.request())
    assert isinstance(approval, Envelope)
    return world.send(approval, approval)


def a_parameter_of_his_own(world: World) -> Given:
    request = world.request(parameters={"service": "--now"})
    return world.send(request, world.approval(request))


def revoked(world: World) -> Given:
    request = world.request()
    approval = world.approval(request)
    revocation = Revocation(
        id="e" * 32,
        site="seoul-hospital",
        hosts=["host-1"],
        made_at=world.now,
        not_before=world.now,
        not_after=world.now + timedelta(hours=1),
        revokes="a" * 32,
    )
    world.stop("revoke", encode_envelope(write_document(revocation)))
    return world.send(request, approval)


def clock_turned_back(world: World) -> Given:
    """A thief who answers for the time server brings an old approval back to life."""
    request = world.request()
    approval = world.approval(request)
    world.now += timedelta(days=30)
    world.send(world.request(id="9" * 32))  # the host records something
    world.now -= timedelta(days=30)
    return world.send(request, approval)


def clock_turned_back_before_what_was_signed(world: World) -> Given:
    """A host that has recorded nothing yet, but has seen what the vendor signed a month later."""
    world.now += timedelta(days=30)
    world.vendor.later(days=30)
    world.release("1.1")
    world.repository.refresh(world.now)
    world.now -= timedelta(days=30)
    request = world.request()
    return world.send(request, world.approval(request))


def endless(world: World) -> Given:
    return world.tell(b'{"op":"run","body":{"document":"' + b"A" * 5_000_000 + b'"}}')


def nested(world: World) -> Given:
    return world.tell(b'{"op":"run","body":' + b"[" * 100_000)


def an_operation_that_is_not_there(world: World) -> Given:
    return world.tell(b'{"op":"__init__","body":{}}')


def a_policy_from_afar(world: World) -> Given:
    return world.tell(b'{"op":"policy","body":{}}')
