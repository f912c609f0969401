"""Whoever steals the collector can execute nothing and re-point nobody.

Each attack of `attacks.py` against a real executor: nothing is ever started, and the reason is the
one that was meant. Then the negative control: with exactly one check taken out the attack succeeds,
so the attack is a real one and that check is what stops it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tuf.api.metadata import Root

from remediation.executor import requests
from remediation.executor.journal import Journal
from remediation.executor.questions import Request, RunRequest
from remediation.repair import actions
from remediation.trust import approvals, assertion, decision, kept, ledger, policy
from remediation.trust.approvals import Tally, Yes
from remediation.trust.assertion import encode_approval
from remediation.trust.decision import Use, Vendor
from remediation.trust.ledger import Ledger
from remediation.trust.verified import Verified
from tests.redteam import attacks
from tests.redteam.world import Attack, World, refused_for
from wire.documents.envelope import Envelope, encode_envelope
from wire.documents.model import ActionRequest
from wire.proofs import Outcome, Result

# attack -> why nothing runs; several where more than one thing is in the way
EXPECTED: dict[Attack, set[str]] = {
    attacks.unsigned: {"no_engineer"},
    attacks.signed_by_the_thief: {"no_engineer"},
    attacks.signed_by_the_receipt_key: {"no_engineer"},
    attacks.signed_by_the_customer_alone: {"no_engineer"},
    attacks.changed_after_signing: {"no_engineer"},
    attacks.not_approved: {"no_approval"},
    attacks.approved_by_the_thief: {"no_approval"},
    attacks.approved_by_the_engineer: {"no_approval"},
    attacks.one_signature_of_two: {"not_enough_approvals"},
    attacks.one_key_twice: {"not_enough_approvals"},
    attacks.one_persons_yes_under_two_names: {"not_enough_approvals"},
    attacks.other_customer: {"other_audience"},
    attacks.other_host: {"other_audience"},
    attacks.approved_for_another_host: {"no_approval"},
    attacks.expired_request: {"expired"},
    attacks.other_window: {"no_approval"},
    attacks.replayed: {"used_up"},
    attacks.mixed: {"no_approval"},
    attacks.swapped_under_a_passkey_prompt: {"no_approval"},
    attacks.by_passkey_alone: {"no_approval"},
    attacks.old_actions_after_a_release: {"other_actions"},
    attacks.vendor_rolled_back: {"other_actions"},
    attacks.vendor_frozen: {"vendor_expired"},
    attacks.roster_forged_with_the_online_key: {"no_engineer", "no_vendor_root"},
    attacks.host_pointed_at_another_root: {"no_engineer", "no_vendor_root"},
    attacks.unknown_kind: {"unknown_kind"},
    attacks.unknown_version: {"unknown_kind"},
    attacks.downgraded: {"unknown_kind"},
    attacks.approval_as_request: {"unknown_kind"},
    attacks.a_parameter_of_his_own: {"parameters"},
    attacks.revoked: {"revoked"},
    attacks.clock_turned_back: {"time_not_trusted"},
    attacks.clock_turned_back_before_what_was_signed: {"time_not_trusted"},
    attacks.endless: {"too_large"},
    attacks.nested: {"too_large"},
    attacks.an_operation_that_is_not_there: {"unknown_operation"},
    attacks.a_policy_from_afar: {"unknown_operation"},
}


def _name(value: Any) -> str:
    return value.__name__ if callable(value) else ""


def _honest_run(world: World) -> None:
    request = world.request(id="f" * 32)
    answer = world.send(request, world.approval(request, id="c" * 32))
    assert isinstance(answer, Result)
    assert answer.outcome is Outcome.DONE, answer


def test_the_host_does_run_what_both_sides_signed(tmp_path: Path) -> None:
    world = World(tmp_path)
    _honest_run(world)
    assert world.runner.ran == [("restart", "web")]


@pytest.mark.parametrize("attack", EXPECTED, ids=_name)
def test_nothing_is_ever_permitted(tmp_path: Path, attack: Attack) -> None:
    world = World(tmp_path)
    given = attack(world)
    assert not world.is_robbed
    assert refused_for(given) in EXPECTED[attack]


@pytest.mark.parametrize(
    "attack", [attacks.unsigned, attacks.endless, attacks.roster_forged_with_the_online_key], ids=_name
)
def test_an_attack_leaves_the_host_able_to_work(tmp_path: Path, attack: Attack) -> None:
    world = World(tmp_path)
    kept = world.inbox / "metadata"
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    attack(world)
    for path in kept.iterdir():
        path.unlink()
    for name, raw in before.items():
        (kept / name).write_bytes(raw)
    _honest_run(world)


def _roster_signed_it(envelope: Any, roster: Any) -> list[Any]:
    return list(roster.engineers)


def _every_key(envelope: Any, keys: Mapping[str, Any]) -> set[str]:
    return set(keys)


def _count_each(self: Tally, found: Any) -> None:
    if isinstance(found, Yes):
        self.yes[found.approval.id] = found


def _approved_by_nobody(given: Any, policy: Any, question: Any) -> tuple[tuple[str, ...], tuple[Use, ...]]:
    return (), (Use(question.request_id, 1),)


def _any_version(request: ActionRequest, vendor: Vendor) -> Any:
    return vendor.actions[request.product][1].find(request.action)


def _yes(*_: Any, **__: Any) -> bool:
    return True


def _no(*_: Any, **__: Any) -> bool:
    return False


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _as_a_request(envelope: Envelope) -> ActionRequest:
    return msgspec.json.decode(envelope.payload, type=ActionRequest)


def _empty(*_: Any) -> str:
    return ""


Removed = list[tuple[object, str, Any]]
_AUDIENCE: Removed = [(decision, "is_for", _yes), (approvals, "is_for", _yes)]
_COUNTING: Removed = [(Ledger, "uses", lambda self: {}), (ledger, "_is_free", _yes)]
_PARAMETERS: Removed = [(decision, "parameters_problem", _empty), (actions, "parameters_problem", _empty)]
_REVOKING: Removed = [(Ledger, "revoked", lambda self: frozenset()), (ledger, "_is_free", _yes)]

_KIND: Removed = [(decision, "_check_kind", _nothing), (decision, "read_strictly", _as_a_request)]

# attack -> the one check that stops it, in every place where it stands
CONTROLS: list[tuple[Attack, Removed]] = [
    (attacks.unsigned, [(decision, "signed_by", _roster_signed_it)]),
    (attacks.signed_by_the_thief, [(decision, "signed_by", _roster_signed_it)]),
    (attacks.signed_by_the_receipt_key, [(decision, "signed_by", _roster_signed_it)]),
    (attacks.changed_after_signing, [(decision, "signed_by", _roster_signed_it)]),
    (attacks.not_approved, [(decision, "_approved", _approved_by_nobody)]),
    (attacks.approved_by_the_thief, [(approvals, "signing_texts", _every_key)]),
    (attacks.one_signature_of_two, [(decision, "count_needed", lambda policy, risk: 1)]),
    (attacks.one_key_twice, [(Tally, "add", _count_each)]),
    (attacks.other_customer, _AUDIENCE),
    (attacks.other_host, _AUDIENCE),
    (attacks.approved_for_another_host, [(approvals, "is_for", _yes)]),
    (attacks.expired_request, [(decision, "_check_time", _nothing)]),
    (attacks.other_window, [(approvals, "holds_at", _yes)]),
    (attacks.replayed, _COUNTING),
    (attacks.by_passkey_alone, [(policy, "_reaches_by_passkey", _yes)]),
    (attacks.old_actions_after_a_release, [(decision, "_action", _any_version)]),
    (attacks.vendor_frozen, [(decision, "_check_time", _nothing), (decision, "still_valid", lambda found, now: found)]),
    (
        attacks.a_parameter_of_his_own,
        [(decision, "parameters_problem", _empty), (actions, "parameters_problem", _empty)],
    ),
    (attacks.revoked, _REVOKING),
    (attacks.clock_turned_back, [(Journal, "is_clock_back", _no)]),
    (attacks.clock_turned_back_before_what_was_signed, [(Verified, "made_at", _nothing)]),
    (attacks.mixed, [(approvals, "_is_about", _yes)]),
    (attacks.vendor_rolled_back, [(kept, "fallen_below", _nothing)]),
    (attacks.roster_forged_with_the_online_key, [(Root, "verify_delegate", _nothing)]),
    (attacks.host_pointed_at_another_root, [(Root, "verify_delegate", _nothing)]),
    (attacks.unknown_kind, _KIND),
    (attacks.unknown_version, _KIND),
    (attacks.downgraded, _KIND),
]


@pytest.mark.parametrize(("attack", "removed"), CONTROLS, ids=_name)
def test_without_its_check_the_attack_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: Attack, removed: Removed
) -> None:
    world = World(tmp_path)
    for owner, name, value in removed:
        monkeypatch.setattr(owner, name, value)
    attack(world)
    assert world.is_robbed, "the attack does not reach what this check stops"


@pytest.mark.parametrize(("attack", "limit"), [(attacks.endless, "REQUEST_BYTES"), (attacks.nested, "BRACKETS")])
def test_without_its_limit_all_of_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: Attack, limit: str
) -> None:
    monkeypatch.setattr(requests, limit, 10**9)
    assert refused_for(attack(World(tmp_path))) == "malformed"


def test_without_the_challenge_a_swapped_approval_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, passkey_may_approve_actions=True)
    assert refused_for(attacks.swapped_under_a_passkey_prompt(world)) == "no_approval"
    monkeypatch.setattr(assertion, "_check_client", _nothing)
    attacks.swapped_under_a_passkey_prompt(world)
    assert world.is_robbed


def test_a_passkey_with_the_policys_word_is_what_that_costs(tmp_path: Path) -> None:
    """With passkey_may_approve_actions the page decides what is asked for: the comment in the policy says so."""
    world = World(tmp_path, passkey_may_approve_actions=True)
    attacks.by_passkey_alone(world)
    assert world.is_robbed


def _says_the_same(raw: bytes, body: RunRequest) -> bool:
    """Bits of base64 that no byte is made of: the documents are the same to the last byte."""
    try:
        return msgspec.json.decode(msgspec.json.decode(raw, type=Request).body, type=RunRequest) == body
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def test_no_changed_byte_of_a_request_over_the_socket_runs_anything(tmp_path: Path) -> None:
    """Every byte of the socket request, so of both documents and their envelopes."""
    world = World(tmp_path)
    request = world.request()
    body = RunRequest(document=encode_envelope(request), approvals=[encode_approval(world.approval(request))])
    raw = msgspec.json.encode(Request(op="run", body=msgspec.Raw(msgspec.json.encode(body))))
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ (1 << at % 7)]) + raw[at + 1 :]
        if not _says_the_same(changed, body):
            world.tell(changed)
            assert not world.is_robbed, at
    assert isinstance(world.tell(raw), Result)
    assert world.is_robbed  # the control: the request itself runs
