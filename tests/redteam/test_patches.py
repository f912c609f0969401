"""Whoever steals the collector has no patch applied: every wrong way, and with one check taken out it succeeds.

The thief holds what passes through the collector: documents, published files with the online key, payloads. What the
engineer and the customer sign here is honest; the thief mixes. Nothing may begin, nothing may change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remediation.patch.payload import PayloadFile
from remediation.patch.reading import manifest_bytes
from remediation.trust import approvals, decision
from remediation.trust.assertion import encode_approval
from tests.fakes.customer import approve
from tests.fakes.patched_host import PatchedHost
from wire.documents.envelope import Envelope
from wire.keys import generate_key
from wire.proofs import Outcome, Result

THIEF = generate_key()
Attack = Callable[[PatchedHost], Result]


def _another(host: PatchedHost, **change: Any) -> bytes:
    return manifest_bytes(host.a_manifest(**change))


def _offer(host: PatchedHost, raw: bytes) -> None:
    """The host's metadata hold this manifest under the patch's name."""
    path = f"clinic/patches/{host.manifest.id}.json"
    host.sources.found = host.vendor(patches={path: raw})


def another_manifest(host: PatchedHost) -> Result:
    """A newer one that the vendor did sign, under a request that names the one before."""
    request = host.patch_request()
    _offer(host, _another(host, to_version="9.9"))
    return host.run(request, host.approval(request))


def an_old_manifest(host: PatchedHost) -> Result:
    """The customer approves the newest; the thief serves what was there before."""
    old = manifest_bytes(host.manifest)
    host.publish(host.a_manifest(to_version="2.1"))
    request = host.patch_request()
    _offer(host, old)
    return host.run(request, host.approval(request))


def a_manifest_that_nobody_vouches_for(host: PatchedHost) -> Result:
    request = host.patch_request()
    host.sources.found = host.vendor(patches={})
    return host.run(request, host.approval(request))


def a_manifest_of_another_name(host: PatchedHost) -> Result:
    """An approved digest under the name of another patch."""
    request = host.patch_request(parameters={"patch": "other-1", "digest": host.digest})
    return host.run(request, host.approval(request))


def a_payload_of_other_bytes(host: PatchedHost) -> Result:
    host.deliver(b"\0" * 100)
    return host.ask()


def no_approval(host: PatchedHost) -> Result:
    return host.run(host.patch_request())


def an_approval_by_the_thief(host: PatchedHost) -> Result:
    request = host.patch_request()
    return host.run(request, encode_approval(approve(request, "Kim", THIEF)))


def an_approval_for_another_host(host: PatchedHost) -> Result:
    request = host.patch_request(hosts=[host.host, "host-2"])
    return host.run(request, host.approval(request, hosts=["host-2"]))


def an_approval_for_another_digest(host: PatchedHost) -> Result:
    other = host.patch_request(parameters={"patch": host.manifest.id, "digest": "0" * 64})
    return host.run(host.patch_request(), host.approval(other))


def a_digest_changed_in_the_request(host: PatchedHost) -> Result:
    evil = _another(host, to_version="6.6")
    honest = host.patch_request()
    digest = hashlib.sha256(evil).hexdigest()
    changed = replace(honest, payload=honest.payload.replace(host.digest.encode(), digest.encode()))
    _offer(host, evil)
    return host.run(changed, host.approval(honest))


def after_the_window(host: PatchedHost) -> Result:
    request = host.patch_request()
    approval = host.approval(request)
    host.later(hours=2)
    return host.run(request, approval)


def a_request_by_the_thief(host: PatchedHost) -> Result:
    request = host.patch_request(by=THIEF)
    return host.run(request, host.approval(request))


def asked_a_second_time_by_an_approval_for_one(host: PatchedHost) -> Result:
    request = host.patch_request()
    approval = host.approval(request)
    host.ledger.use((decision.Use("b" * 32, 1),))  # it was used
    return host.run(request, approval)


EXPECTED: dict[Attack, str] = {
    another_manifest: "other_patch",
    an_old_manifest: "other_patch",
    a_manifest_that_nobody_vouches_for: "unknown_patch",
    a_manifest_of_another_name: "unknown_patch",
    a_payload_of_other_bytes: "payload_missing",
    no_approval: "no_approval",
    an_approval_by_the_thief: "no_approval",
    an_approval_for_another_host: "no_approval",
    an_approval_for_another_digest: "no_approval",
    a_digest_changed_in_the_request: "no_engineer",
    after_the_window: "expired",
    a_request_by_the_thief: "no_engineer",
    asked_a_second_time_by_an_approval_for_one: "used_up",
}


@pytest.fixture
def host(tmp_path: Path) -> PatchedHost:
    return PatchedHost(tmp_path)


@pytest.mark.parametrize("attack", EXPECTED, ids=lambda attack: attack.__name__)
def test_nothing_begins(host: PatchedHost, attack: Attack) -> None:
    given = attack(host)
    assert (given.outcome, given.obstacle) == (Outcome.REFUSED, EXPECTED[attack])
    assert not host.is_touched
    assert not host.jobs.attempts()


def test_the_control_what_both_signed_is_applied(host: PatchedHost) -> None:
    assert host.ask().obstacle == "in_progress"
    assert host.is_touched
    assert host.go().outcome is Outcome.DONE
    assert host.site_files.version() == "new"


def test_payload_swapped_after_the_executor_has_looked_at_it(host: PatchedHost) -> None:
    host.ask()
    host.deliver(b"\0" * 100)
    result = host.go()
    assert (result.outcome, result.step) == (Outcome.FAILED, "abandoned")
    assert host.site_files.version() == "old"


def _any_manifest(action: Any, request: Any, vendor: Any) -> bytes:
    return next(iter(vendor.patches.values()), b"")


def _every_signature(envelope: Envelope, roster: Any) -> list[Any]:
    return list(roster.engineers)


def _no_check(self: PayloadFile) -> None:
    return None


CONTROLS: list[tuple[Attack, Any, str, Any]] = [
    (another_manifest, decision, "_manifest", _any_manifest),
    (an_old_manifest, decision, "_manifest", _any_manifest),
    (a_payload_of_other_bytes, PayloadFile, "check", _no_check),
    (a_request_by_the_thief, decision, "signed_by", _every_signature),
    (after_the_window, decision, "_check_time", lambda *_: None),
]


@pytest.mark.parametrize(
    ("attack", "place", "name", "without"), CONTROLS, ids=lambda value: getattr(value, "__name__", "")
)
def test_without_its_check_the_attack_comes_further(
    host: PatchedHost, attack: Attack, place: Any, name: str, without: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, name, without)
    if attack is after_the_window:
        monkeypatch.setattr(approvals, "holds_at", lambda *_: True)
    assert attack(host).obstacle == "in_progress"
    assert host.started
