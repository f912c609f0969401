from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remediation.audit.chain import ChainBroken, stored_lines
from remediation.audit.heads import kept_heads
from remediation.audit.verify import verify
from remediation.executor.executor import Executor
from remediation.executor.port import Ran
from remediation.executor.questions import HeadRequest, StatusRequest, StopRequest
from remediation.executor.requests import Refused
from remediation.repair.actions import Program
from remediation.trust.decision import Obstacle
from tests.fakes.customer import BASE, HOST, SITE
from tests.fakes.maintained_host import PEER, MaintainedHost
from tests.fakes.runner import Scripted
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.heads import AuditHead, write_head
from wire.documents.model import Decline, Revocation, write_document
from wire.keys import generate_key
from wire.proofs import Outcome


@pytest.fixture
def host(tmp_path: Path) -> MaintainedHost:
    return MaintainedHost(tmp_path)


def test_a_permitted_action_runs_and_is_recorded(host: MaintainedHost) -> None:
    request = host.request()
    result = host.run(request, host.approval(request))
    assert result.outcome is Outcome.DONE
    assert (result.engineer, result.approvers, result.ticket, result.step) == ("Lee", ["Kim"], "T-1", "run")
    assert (result.exit_code, result.output, result.audit_record) == (0, "done\n", 2)
    assert host.runner.ran == [("check", "clinic-api"), ("restart", "clinic-api")]
    assert host.kinds() == ["intent", "result"]
    assert verify(stored_lines(host.folder / "audit"), []).findings == []


def test_the_intent_is_on_disk_before_anything_starts(host: MaintainedHost) -> None:
    seen: list[list[str]] = []
    start = host.runner.run

    def look(program: Program) -> Ran:
        seen.append(host.kinds())
        return start(program)

    host.runner.run = look  # type: ignore[method-assign]
    request = host.request()
    host.run(request, host.approval(request))
    assert seen == [["intent"], ["intent"]]


def test_what_cannot_be_recorded_does_not_happen(host: MaintainedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(kind: str, body: object) -> int:
        raise ChainBroken("no disk")

    request = host.request()
    monkeypatch.setattr(host.journal.chain, "append", broken)
    with pytest.raises(ChainBroken):
        host.run(request, host.approval(request))
    assert host.runner.ran == []


def test_one_signature_is_not_enough(host: MaintainedHost) -> None:
    request = host.request()
    assert host.run(request).obstacle == Obstacle.NO_APPROVAL
    stranger = host.request(by=generate_key())
    assert host.run(stranger, host.approval(stranger)).obstacle == Obstacle.NO_ENGINEER
    assert host.runner.ran == []
    assert host.kinds() == ["refused", "refused"]


@pytest.mark.parametrize("broken", [Envelope("x", b"", []), Envelope("x", b"{}", [])])
def test_what_cannot_be_read_is_refused(host: MaintainedHost, broken: Envelope) -> None:
    assert host.run(broken).outcome is Outcome.REFUSED
    assert host.run(host.request(), b"{").obstacle == Obstacle.MALFORMED
    assert host.runner.ran == []


def test_asked_twice_it_runs_once(host: MaintainedHost) -> None:
    request = host.request()
    approval = host.approval(request)
    first = host.run(request, approval)
    assert host.run(request, approval) == first
    host.start()
    assert host.run(request, approval) == first
    assert host.run(request, approval, again=True).obstacle == Obstacle.USED_UP
    assert len(host.runner.ran) == 2


def test_again_means_again_as_often_as_was_approved(host: MaintainedHost) -> None:
    request = host.request()
    approval = host.approval(request, uses=2)
    outcomes = [host.run(request, approval, again=True).outcome for _ in range(3)]
    assert outcomes == [Outcome.DONE, Outcome.DONE, Outcome.REFUSED]


def test_a_precheck_that_fails_stops_it(host: MaintainedHost) -> None:
    host.runner.programs["check"] = Scripted(exit_code=3)
    request = host.request()
    result = host.run(request, host.approval(request))
    assert (result.outcome, result.step, result.exit_code) == (Outcome.FAILED, "precheck", 3)
    assert host.runner.ran == [("check", "clinic-api")]


def test_a_run_that_fails_is_undone(host: MaintainedHost) -> None:
    host.runner.programs["restart"] = Scripted(exit_code=1)
    request = host.request()
    result = host.run(request, host.approval(request))
    assert (result.outcome, result.step, result.exit_code, result.detail) == (Outcome.FAILED, "run", 1, "undone")
    assert host.runner.ran[-1] == ("undo", "clinic-api")


def test_a_crash_between_intent_and_result_is_an_unknown_outcome(host: MaintainedHost) -> None:
    class Crash(BaseException):
        pass

    def crash(program: Program) -> Ran:
        raise Crash

    request = host.request()
    approval = host.approval(request, uses=5)
    host.runner.run = crash  # type: ignore[method-assign]
    with pytest.raises(Crash):
        host.run(request, approval)
    assert host.kinds() == ["intent"]
    del host.runner.run
    host.later(minutes=1)
    host.start()
    assert host.kinds() == ["intent", "result"]
    result = host.run(request, approval)
    assert (result.outcome, result.ticket, result.engineer) == (Outcome.UNKNOWN, "T-1", "Lee")
    assert host.runner.ran == []
    host.start()
    assert host.kinds() == ["intent", "result"]


def test_a_clock_that_went_back_refuses(host: MaintainedHost) -> None:
    request = host.request()
    host.run(request)
    host.later(minutes=-10)
    assert host.run(request, host.approval(request)).obstacle == Obstacle.TIME_NOT_TRUSTED
    host.later(minutes=8)
    assert host.run(request, host.approval(request)).outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("name", "obstacle"), [("place.json", Obstacle.OTHER_AUDIENCE), ("policy.yaml", Obstacle.NO_APPROVAL)]
)
def test_what_is_missing_refuses(host: MaintainedHost, name: str, obstacle: Obstacle) -> None:
    (host.folder / name).unlink()
    request = host.request()
    assert host.run(request, host.approval(request)).obstacle == obstacle
    assert host.runner.ran == []


def test_without_a_vendor_nothing_runs(host: MaintainedHost) -> None:
    host.sources.found = None
    request = host.request()
    assert host.run(request, host.approval(request)).obstacle == Obstacle.NO_VENDOR_ROOT


def revocation(of: str, **change: str) -> bytes:
    values: dict[str, Any] = BASE | {"id": "c" * 32, "site": SITE, "hosts": [HOST], "revokes": of} | change
    return encode_envelope(write_document(Revocation(**values)))


def test_a_revocation_needs_nobodys_key(host: MaintainedHost) -> None:
    stopped = host.executor.revoke(StopRequest(document=revocation("b" * 32)), PEER)
    assert (stopped.names, stopped.is_new) == ("b" * 32, True)
    assert not host.executor.revoke(StopRequest(document=revocation("b" * 32)), PEER).is_new
    host.start()
    request = host.request()
    assert host.run(request, host.approval(request)).obstacle == Obstacle.REVOKED
    assert host.kinds() == ["stopped", "refused"]


def test_a_revocation_for_another_site_is_refused(host: MaintainedHost) -> None:
    with pytest.raises(Refused):
        host.executor.revoke(StopRequest(document=revocation("b" * 32, site="elsewhere")), PEER)
    assert host.kinds() == ["refused"]


def test_a_decline_of_the_approver_stops(host: MaintainedHost) -> None:
    request = host.request()
    values: dict[str, Any] = BASE | {
        "id": "d" * 32,
        "site": SITE,
        "hosts": [HOST],
        "declines": request.digest,
        "approver": "Kim",
    }
    unsigned = write_document(Decline(**values))
    with pytest.raises(Refused):
        host.executor.decline(StopRequest(document=encode_envelope(unsigned)), PEER)
    host.executor.decline(StopRequest(document=encode_envelope(add_signature(unsigned, host.approver))), PEER)
    assert host.run(request, host.approval(request)).obstacle == Obstacle.DECLINED


def test_a_flood_of_refusals_does_not_fill_the_disk(host: MaintainedHost) -> None:
    for _ in range(500):
        host.run(Envelope("x", b"y", []))
    assert host.kinds().count("refused") == 10
    host.later(minutes=2)
    host.run(Envelope("x", b"y", []))
    assert host.kinds()[-2:] == ["refusals_not_recorded", "refused"]


def test_status_tells_isolation_and_what_is_missing(host: MaintainedHost) -> None:
    state = host.executor.status(StatusRequest(), PEER)
    assert (state.isolation, state.site, state.host, state.approvers) == (True, SITE, HOST, 1)
    assert (state.policy_problem, state.vendor_problem) == ("", "")
    (host.folder / "policy.yaml").unlink()
    host.sources.found = None
    same = PEER.__class__(pid=1, uid=0)
    state = host.executor.status(StatusRequest(), same)
    assert not state.isolation
    serving = Executor(replace(host.executor._parts, served=frozenset({PEER.uid})))
    assert serving.status(StatusRequest(), same).isolation  # root asks; the agent is somebody else
    assert state.policy_problem
    assert state.vendor_problem


def test_a_countersigned_head_is_kept_if_both_signed_it(host: MaintainedHost) -> None:
    host.run(host.request())
    head = host.executor.audit_head(HeadRequest(), PEER).head
    by_host = add_signature(write_head(head), host.host_key)
    both = add_signature(by_host, host.receipt_key)
    of_more = AuditHead(agent=head.agent, size=head.size + 1, chain=head.chain, root=head.root, at=head.at)
    too_large = add_signature(add_signature(write_head(of_more), host.host_key), host.receipt_key)
    for wrong in (by_host, add_signature(by_host, generate_key()), too_large):
        with pytest.raises(Refused):
            host.executor.audit_head(HeadRequest(countersigned=encode_envelope(wrong)), PEER)
    for _ in range(2):
        assert host.executor.audit_head(HeadRequest(countersigned=encode_envelope(both)), PEER).secured == head.size
    assert list(kept_heads(host.folder / "audit")) == [both]
