from __future__ import annotations

from pathlib import Path

import pytest

from remediation.audit.chain import ChainBroken
from remediation.executor.patches.running import recover_all, run_job, take_back
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import Layout, Needs
from remediation.patch.state import PatchState
from remediation.trust.assertion import decode_approval
from remediation.trust.decision import Obstacle, Permit, Refusal
from tests.fakes.patched_host import PatchedHost, cut_off
from wire.documents.envelope import encode_envelope
from wire.proofs import Outcome
from wire.sentence import sentence

AGAIN = sentence("the customer wants it back")


@pytest.fixture(params=list(Layout), ids=lambda layout: layout.value)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> PatchedHost:
    return PatchedHost(tmp_path, request.param)


@pytest.fixture
def accepted(host: PatchedHost) -> PatchedHost:
    assert host.ask().obstacle == Obstacle.IN_PROGRESS
    return host


def obstacle_of(host: PatchedHost) -> str:
    """Why the process of the job does nothing."""
    result = host.go()
    assert result.outcome is Outcome.REFUSED
    assert host.site_files.version() == "old"
    assert host.site_files.services.calls == []
    return result.obstacle


def test_the_process_judges_again_by_itself_the_revoked(accepted: PatchedHost) -> None:
    accepted.ledger.revoke("b" * 32)
    assert obstacle_of(accepted) == Obstacle.REVOKED


def test_the_declined(accepted: PatchedHost) -> None:
    accepted.ledger.decline(accepted.started[-1])
    assert obstacle_of(accepted) == Obstacle.DECLINED


def test_the_expired(accepted: PatchedHost) -> None:
    accepted.later(hours=2)
    assert obstacle_of(accepted) == Obstacle.EXPIRED


def test_another_manifest(accepted: PatchedHost) -> None:
    accepted.publish(accepted.a_manifest(to_version="2.1"))
    assert obstacle_of(accepted) == Obstacle.OTHER_PATCH


def test_a_clock_that_was_turned_back(accepted: PatchedHost) -> None:
    accepted.later(minutes=-30)
    assert obstacle_of(accepted) == Obstacle.TIME_NOT_TRUSTED


def test_a_job_that_the_executor_never_counted(host: PatchedHost) -> None:
    """Written into the folder beside the executor: documents that are in order, and no use of them in the ledger."""
    request = host.patch_request()
    approval = host.approval(request)
    permit = host.executor._judge(request, [decode_approval(approval)])
    assert isinstance(permit, Permit)
    job = host.door.prepare(permit, host.sources.policy(), encode_envelope(request), [approval])
    assert not isinstance(job, Refusal)
    host.jobs.add(job)
    host.started.append(request.digest)
    result = host.go()
    assert result.obstacle == Obstacle.USED_UP
    assert host.site_files.version() == "old"


def test_a_window_that_ends_too_soon_for_going_back_stops_nothing(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path, needs=Needs(downtime_s=1_801))
    host.ask()  # holds for one more hour; away and back take 3602 seconds
    result = host.go()
    assert (result.outcome, result.step) == (Outcome.FAILED, "abandoned")
    assert "window_too_short" in result.detail
    assert host.site_files.version() == "old"
    assert host.site_files.services.calls == []


def test_a_window_that_is_long_enough(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path, needs=Needs(downtime_s=1_799))
    host.ask()
    assert host.go().outcome is Outcome.DONE


def test_a_job_is_begun_once(accepted: PatchedHost) -> None:
    first = accepted.go()
    assert accepted.go() == first
    assert accepted.site_files.services.calls.count("stop app") == 1


def test_two_at_once_are_refused(accepted: PatchedHost) -> None:
    with accepted.jobs.locked(), pytest.raises(PatchRefused):
        accepted.go()
    with accepted.jobs.locked(), pytest.raises(PatchRefused):
        recover_all(accepted.running())
    assert accepted.go().outcome is Outcome.DONE


@pytest.mark.parametrize("at", ["planned", "staged", "quiesced", "migrated", "switched", "started", "committed"])
def test_cut_off_it_is_recovered_and_told_once(accepted: PatchedHost, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(accepted, PatchState(at), monkeypatch)
    assert accepted.ask(id="c" * 32).obstacle in {Obstacle.OTHER_PATCH_RUNS, Obstacle.NOT_APPLICABLE}
    with pytest.raises(PatchRefused):
        accepted.go()
    (result,) = recover_all(accepted.running())
    assert result.outcome is (Outcome.DONE if at == "committed" else Outcome.FAILED)
    assert accepted.site_files.version() == ("new" if at == "committed" else "old")
    assert accepted.site_files.running() == {"app", "worker"}
    assert recover_all(accepted.running()) == []
    assert accepted.kinds().count("result") == 1
    assert accepted.jobs.attempts()[-1].is_over


def test_a_job_that_never_began_is_told_as_such(accepted: PatchedHost) -> None:
    (result,) = recover_all(accepted.running())
    assert (result.outcome, result.detail) == (Outcome.FAILED, "the host went down before it began")
    assert accepted.go() == result


def test_an_installed_patch_is_taken_back_also_when_the_vendors_word_has_expired(accepted: PatchedHost) -> None:
    accepted.go()
    accepted.later(days=900)
    accepted.sources.found = None
    (job,) = accepted.jobs.all()
    assert take_back(job, accepted.running(), AGAIN) is PatchState.ROLLED_BACK
    assert accepted.site_files.version() == "old"
    assert accepted.jobs.attempts()[-1].reason == str(AGAIN)
    with pytest.raises(PatchRefused):
        take_back(job, accepted.running(), AGAIN)


def test_nothing_is_begun_that_cannot_be_recorded(accepted: PatchedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(kind: str, body: object) -> int:
        raise ChainBroken("no disk")

    monkeypatch.setattr(accepted.journal.chain, "append", broken)
    result = run_job(accepted.started[-1], accepted.running())
    assert (result.outcome, accepted.site_files.version()) == (Outcome.FAILED, "old")
    assert accepted.site_files.services.calls == []
