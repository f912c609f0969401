from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from remediation.executor.requests import Missing
from remediation.executor.sources import FolderSources
from remediation.trust.decision import Vendor
from remediation.trust.refusal import Fault, VendorRefused
from remediation.trust.targets import Roster
from tests.fakes.customer import NOW, an_approver, policy_text
from wire.keys import generate_key
from wire.sentence import Sentence, sentence

VENDOR = Vendor(roster=Roster(version=1, engineers=[]), actions={}, is_expired=False)
REFUSED = VendorRefused(Fault.UNREACHABLE, sentence("no"))


class ScriptedRepository:
    """Refuses what it is told to refuse."""

    def __init__(self, *, refresh: bool = True, load: bool = True) -> None:
        self._refresh, self._load = refresh, load
        self.steps: list[str] = []
        self.is_bundle_accepted = True  # as somebody else has left it

    def refresh(self, now: datetime) -> None:
        self.steps.append("refresh")
        if not self._refresh:
            raise REFUSED

    def load(self, now: datetime) -> Vendor:
        self.steps.append("load")
        if not self._load:
            raise REFUSED
        return VENDOR

    def warnings(self, now: datetime) -> list[Sentence]:
        if not self._load:
            raise REFUSED
        return [sentence("soon")]


def a_policy(folder: Path, mode: int = 0o600) -> None:
    path = folder / "policy.yaml"
    path.write_text(policy_text(an_approver("Kim", generate_key())))
    path.chmod(mode)


def test_what_is_stored_holds_when_nothing_newer_can_be_had(tmp_path: Path) -> None:
    repository = ScriptedRepository(refresh=False)
    sources = FolderSources(tmp_path, repository)
    assert sources.vendor(NOW) is VENDOR
    assert repository.steps == ["refresh", "load"]
    assert len(sources.warnings(NOW)) == 1


def test_without_a_vendor_there_is_none(tmp_path: Path) -> None:
    sources = FolderSources(tmp_path, ScriptedRepository(load=False))
    with pytest.raises(Missing):
        sources.vendor(NOW)
    assert sources.warnings(NOW) == []


def test_the_policy_is_read_anew_each_time(tmp_path: Path) -> None:
    sources = FolderSources(tmp_path, ScriptedRepository())
    with pytest.raises(Missing):
        sources.policy()
    a_policy(tmp_path)
    assert [approver.name for approver in sources.policy().approvers] == ["Kim"]
    (tmp_path / "policy.yaml").write_text("version: 1\n")
    with pytest.raises(Missing):
        sources.policy()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_policy_that_others_may_write_counts_for_nothing(tmp_path: Path, mode: int) -> None:
    a_policy(tmp_path, mode)
    with pytest.raises(Missing, match="changed by others"):
        FolderSources(tmp_path, ScriptedRepository()).policy()


@pytest.mark.parametrize("without_network", [True, False])
def test_a_stick_holds_a_year_only_where_the_owner_says_so(tmp_path: Path, without_network: bool) -> None:
    repository = ScriptedRepository()
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(an_approver("Kim", generate_key()), without_network=without_network))
    path.chmod(0o600)
    FolderSources(tmp_path, repository).vendor(NOW)
    assert repository.is_bundle_accepted is without_network
    path.unlink()
    FolderSources(tmp_path, repository).vendor(NOW)
    assert not repository.is_bundle_accepted
