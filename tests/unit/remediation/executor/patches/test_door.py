from __future__ import annotations

from pathlib import Path

import pytest

from remediation.executor.patches.door import ProgressDoor
from remediation.executor.patches.jobs import PAYLOADS
from remediation.executor.questions import ProgressRequest
from remediation.executor.requests import Peer
from remediation.patch.manifest import DatabaseStep, Layout, Undoing
from remediation.trust.decision import Obstacle
from tests.fakes.patched_host import PatchedHost
from wire.proofs import Outcome


@pytest.fixture(params=list(Layout), ids=lambda layout: layout.value)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> PatchedHost:
    return PatchedHost(tmp_path, request.param)


def test_a_permitted_patch_becomes_a_job_and_the_executor_touches_nothing(host: PatchedHost) -> None:
    result = host.ask()
    assert (result.outcome, result.obstacle, result.detail) == (Outcome.REFUSED, Obstacle.IN_PROGRESS, "accepted")
    assert host.site_files.version() == "old"
    assert host.site_files.services.calls == []
    assert len(host.started) == 1
    assert host.kinds() == ["patch"]


def test_asked_again_it_tells_how_far_it_is_and_then_how_it_ended(host: PatchedHost) -> None:
    request = host.patch_request()
    approval = host.approval(request)
    host.run(request, approval)
    assert host.run(request, approval).obstacle == Obstacle.IN_PROGRESS
    ended = host.go()
    assert (ended.outcome, ended.step, ended.approvers) == (Outcome.DONE, "clean", ["Kim"])
    assert host.site_files.version() == "new"
    assert host.run(request, approval) == ended
    host.start()
    assert host.run(request, approval, again=True) == ended
    assert len(host.started) == 1
    assert host.kinds()[-1] == "result"
    assert host.kinds().count("patch") == 12  # accepted, and every state from planned to clean


def test_what_the_service_manager_cannot_start_has_failed(host: PatchedHost) -> None:
    host.start_problem = "no unit"
    result = host.ask()
    assert (result.outcome, result.detail) == (Outcome.FAILED, "no unit")
    assert host.site_files.version() == "old"


def test_a_host_that_is_not_ready_says_why_and_the_approval_is_not_used_up(host: PatchedHost) -> None:
    host.not_ready = "this host has no backup policy"
    request = host.patch_request()
    approval = host.approval(request)
    refused = host.run(request, approval)
    assert (refused.obstacle, refused.detail) == (Obstacle.NOT_READY, "this host has no backup policy")
    assert not host.is_touched
    host.not_ready = ""
    assert host.run(request, approval).obstacle == Obstacle.IN_PROGRESS


def test_files_that_are_not_there_are_missing_and_other_bytes_are_too(host: PatchedHost) -> None:
    host.deliver(b"other bytes")
    assert host.ask().obstacle == Obstacle.PAYLOAD_MISSING
    for path in (host.jobs.folder / PAYLOADS).iterdir():
        path.unlink()
    assert host.ask().obstacle == Obstacle.PAYLOAD_MISSING
    host.deliver()
    assert host.ask().obstacle == Obstacle.IN_PROGRESS


def test_drift_is_refused_with_what_differs(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path)
    (host.site_files.root / "etc/app.conf").write_bytes(b"port 9\n")
    result = host.ask()
    assert (result.obstacle, "etc/app.conf was changed" in result.detail) == (Obstacle.DRIFT, True)


def test_the_local_policy_says_where(host: PatchedHost) -> None:
    host.set_policy(patch_roots=[])
    assert host.ask().obstacle == Obstacle.PATCH_ROOT
    host.set_policy(patch_roots=[str(host.site_files.root) + "2"])
    assert host.ask().obstacle == Obstacle.PATCH_ROOT
    host.set_policy(patch_roots=[str(host.site_files.root.parent)])
    assert host.ask().obstacle == Obstacle.IN_PROGRESS


def test_a_root_to_which_a_link_leads_is_another_place(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(host.site_files.root)
    host.set_policy(patch_roots=[str(tmp_path)])
    host.publish(host.a_manifest(root=str(link)))
    assert host.ask().obstacle == Obstacle.PATCH_ROOT


def test_one_patch_at_a_time(host: PatchedHost) -> None:
    host.ask()
    assert host.ask(id="c" * 32).obstacle == Obstacle.OTHER_PATCH_RUNS
    host.go()
    assert host.ask(id="d" * 32).obstacle == Obstacle.NOT_APPLICABLE  # installed already


def test_what_failed_is_refused_until_a_younger_request_names_it(host: PatchedHost) -> None:
    host.site_files.judge.wrong = ("port is closed",)
    host.ask()
    failed = host.go()
    assert (failed.outcome, failed.step) == (Outcome.FAILED, "rolled_back")
    assert "port is closed" in failed.detail
    assert host.site_files.version() == "old"
    replayed = host.ask(id="c" * 32)  # made before the failure
    assert (replayed.obstacle, "port is closed" in replayed.detail) == (Obstacle.REFUSED_BEFORE, True)
    host.site_files.judge.wrong = ()
    host.later(minutes=5)
    assert host.ask(id="d" * 32, made_at=host.now).obstacle == Obstacle.IN_PROGRESS
    assert host.go().outcome is Outcome.DONE


def test_what_nobody_can_take_back_needs_the_policy_to_name_it(tmp_path: Path) -> None:
    step = DatabaseStep(name="drop", engine="sqlite", database="his", forward=["drop table a"], undoing=Undoing.NEVER)
    host = PatchedHost(tmp_path, database=[step])
    assert host.ask().obstacle == Obstacle.IRREVERSIBLE
    host.set_policy(irreversible_patches=["his-2.0"])
    assert host.ask().obstacle == Obstacle.IN_PROGRESS


def test_a_manifest_for_several_hosts_at_once_is_refused_in_words(host: PatchedHost) -> None:
    host.publish(host.a_manifest(multi_host=True))
    result = host.ask()
    assert (result.obstacle, "several hosts" in result.detail) == (Obstacle.NOT_APPLICABLE, True)


def test_a_manifest_under_another_name_is_another_patch(host: PatchedHost) -> None:
    host.publish(host.a_manifest(product="his"))
    assert host.ask().obstacle == Obstacle.OTHER_PATCH


def test_every_state_is_told_with_its_time_and_the_reason_for_going_back(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path)
    host.site_files.judge.wrong = ("the sum is wrong",)
    request = host.patch_request()
    assert host.door.progress(request.digest).states == []
    host.run(request, host.approval(request))
    assert host.door.progress(request.digest).states == []
    host.go()
    told = host.door.progress(request.digest)
    assert told.patch == host.manifest.id
    assert told.states[0].state == "planned"
    assert [each.state for each in told.states][-2:] == ["rolling_back", "rolled_back"]
    assert [each.reason for each in told.states if each.reason] == ["it is not well: the sum is wrong"]
    assert all(each.at.tzinfo is not None for each in told.states)


def test_the_socket_tells_the_states(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path)
    request = host.patch_request()
    host.run(request, host.approval(request))
    host.go()
    asked = ProgressRequest(digest=request.digest)
    assert len(host.executor.patches.progress(asked, Peer(1, 0)).states) > 5
    assert ProgressDoor(None).progress(asked, Peer(1, 0)).states == []


def test_files_that_the_agent_has_laid_down_are_taken_by_what_was_signed(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path)
    payload = host.manifest.payload
    assert payload is not None
    own = host.jobs.folder / PAYLOADS / payload.sha256
    content = own.read_bytes()
    own.unlink()
    host.jobs.inbox = tmp_path / "inbox"
    host.jobs.inbox.mkdir()
    request = host.patch_request()
    for wrong in (content[:-1], bytes(len(content)), content + b"x"):
        (host.jobs.inbox / payload.sha256).write_bytes(wrong)
        assert host.run(request, host.approval(request)).obstacle == Obstacle.PAYLOAD_MISSING
        assert not own.exists()
    (host.jobs.inbox / payload.sha256).write_bytes(content)
    assert host.run(request).obstacle == Obstacle.NO_APPROVAL
    assert not own.exists(), "nothing is copied before everything else is permitted"
    assert host.run(request, host.approval(request)).obstacle == Obstacle.IN_PROGRESS
    assert own.read_bytes() == content
