"""What is looked at on the host; tests/unit/remediation/executor/patches/test_door.py tries the same on real files."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from remediation.patch.manifest import Manifest, Needs
from remediation.patch.plan import Attempt, Facts, needed, problem_of
from remediation.patch.state import PatchState
from remediation.trust.assertion import decode_approval
from remediation.trust.decision import IN_ADVANCE, Obstacle, Permit
from tests.fakes.patched_host import PatchedHost


@pytest.fixture
def host(tmp_path: Path) -> PatchedHost:
    return PatchedHost(tmp_path)


@pytest.fixture
def permit(host: PatchedHost) -> Permit:
    request = host.patch_request()
    permit = host.executor._judge(request, [decode_approval(host.approval(request))])
    assert isinstance(permit, Permit)
    return permit


def an_attempt(host: PatchedHost, state: PatchState = PatchState.CLEAN, **change: Any) -> Attempt:
    fields: dict[str, Any] = {"id": "earlier-1", "from_versions": ["0.9"], "to_version": "1.0"} | change
    manifest = msgspec.structs.replace(host.manifest, **fields)
    return Attempt("0" * 64, "1" * 64, manifest, host.now, host.now, state)


def obstacle(host: PatchedHost, permit: Permit, *past: Attempt, manifest: Manifest | None = None, **facts: Any) -> Any:
    found = problem_of(manifest or host.manifest, permit, host.sources.policy(), Facts(past, "1.5", **facts))
    return found.obstacle if found else None


def test_with_nothing_in_the_way_it_may_begin(host: PatchedHost, permit: Permit) -> None:
    assert obstacle(host, permit) is None
    assert obstacle(host, permit, an_attempt(host)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"to_version": "0.8"},  # the patch is for 1.0
        {"id": "his-2.0"},  # installed already
        {"from_versions": ["2.0"]},  # it would lead back to what was left behind
    ],
)
def test_it_is_for_what_is_installed(host: PatchedHost, permit: Permit, change: dict[str, Any]) -> None:
    assert obstacle(host, permit, an_attempt(host, **change)) is Obstacle.NOT_APPLICABLE
    gone = an_attempt(host, PatchState.ROLLED_BACK, **change)
    assert obstacle(host, permit, gone) is None, "the control: what was taken back does not count"


def test_what_it_requires_and_what_it_conflicts_with(host: PatchedHost, permit: Permit) -> None:
    needing = msgspec.structs.replace(host.manifest, requires=["earlier-1"])
    assert obstacle(host, permit, manifest=needing) is Obstacle.NOT_APPLICABLE
    assert obstacle(host, permit, an_attempt(host), manifest=needing) is None
    against = msgspec.structs.replace(host.manifest, conflicts=["earlier-1"])
    assert obstacle(host, permit, manifest=against) is None
    assert obstacle(host, permit, an_attempt(host), manifest=against) is Obstacle.NOT_APPLICABLE


def test_nothing_is_built_on_what_a_person_has_to_mend(host: PatchedHost, permit: Permit) -> None:
    stuck = an_attempt(host, PatchState.ROLLBACK_FAILED)
    assert obstacle(host, permit, stuck) is Obstacle.NOT_APPLICABLE


@pytest.mark.parametrize(("version", "expected"), [("1.5", None), ("1.10", Obstacle.NOT_APPLICABLE)])
def test_the_version_of_the_agent(host: PatchedHost, permit: Permit, version: str, expected: Obstacle | None) -> None:
    manifest = msgspec.structs.replace(host.manifest, needs=Needs(min_agent=version))
    assert obstacle(host, permit, manifest=manifest) is expected


def test_what_failed_needs_a_person_and_a_younger_request(host: PatchedHost, permit: Permit) -> None:
    failed = replace(an_attempt(host, PatchState.ROLLED_BACK), digest=host.digest)
    assert obstacle(host, permit, failed) is Obstacle.REFUSED_BEFORE
    before = replace(failed, ended_at=permit.request.made_at - timedelta(seconds=1))
    assert obstacle(host, permit, before) is None
    assert obstacle(host, replace(permit, approvers=(IN_ADVANCE,)), before) is Obstacle.REFUSED_BEFORE


def test_the_facts_of_the_host(host: PatchedHost, permit: Permit) -> None:
    assert obstacle(host, permit, root_problem="a link") is Obstacle.PATCH_ROOT
    assert obstacle(host, permit, lacking_files="none") is Obstacle.PAYLOAD_MISSING
    assert obstacle(host, permit, not_ready="no backup") is Obstacle.NOT_READY
    assert obstacle(host, permit, drift="it differs") is Obstacle.DRIFT
    open_one = replace(an_attempt(host, PatchState.STARTED), is_over=False)
    assert obstacle(host, permit, open_one) is Obstacle.OTHER_PATCH_RUNS


def test_the_time_for_the_way_back_is_reserved(host: PatchedHost) -> None:
    manifest = msgspec.structs.replace(host.manifest, needs=Needs(downtime_s=60))
    assert needed(manifest) == timedelta(seconds=120)
