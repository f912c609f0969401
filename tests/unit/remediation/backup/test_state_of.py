from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from remediation.backup.journal import Journal
from remediation.backup.policy_file import DrillRule, ProvingRule
from remediation.backup.standing import BackupState
from remediation.backup.state_of import state_of
from tests.fakes.backup_site import NOW, BackupSite
from wire.documents.backups import Act, Deed


@pytest.fixture
def site(tmp_path: Path) -> BackupSite:
    return BackupSite(tmp_path)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = Journal(tmp_path / "state", lambda: NOW)
    yield found
    found.close()


def deed(act: Act, *, good: bool, level: int | None = None, hour: int = 0, rto_s: float | None = None) -> Deed:
    at = NOW + timedelta(hours=hour)
    reason = "" if good else f"{act} went wrong"
    return Deed(act=act, is_good=good, level=level, started_at=at, ended_at=at, reason=reason, rto_s=rto_s)


def _state(site: BackupSite, journal: Journal, **changes: object) -> BackupState:
    return state_of(structs.replace(site.policy, **changes), journal, NOW, waiting=3)


def test_nothing_yet_is_due_two_periods_after_the_beginning(site: BackupSite, journal: Journal) -> None:
    state = _state(site, journal)
    assert (state.overdue_at, state.good_at, state.failed) == (NOW + timedelta(hours=2), None, "")
    assert (state.proof_overdue_at, state.waiting_proofs) == (None, 3)


def test_the_newest_of_each_kind_speaks(site: BackupSite, journal: Journal) -> None:
    for each in (
        deed(Act.BACKUP, good=True),
        deed(Act.DRILL, good=True, level=3, rto_s=4.5),
        deed(Act.DRILL, good=False, level=1, hour=1),
        deed(Act.BACKUP, good=False, hour=2),
        deed(Act.PRUNE, good=False, hour=3),
    ):
        journal.write(each)
    state = _state(site, journal, drills=ProvingRule(ladder=[DrillRule(level=3, every_s=60)], proof_days=10))
    assert (state.failed, state.failed_drills) == ("backup went wrong", {"1": "drill went wrong"})
    assert (state.retention_refused, state.rto_s, state.proven_at) == ("prune went wrong", 4.5, NOW)
    assert state.proof_overdue_at == NOW + timedelta(days=10)
    journal.write(deed(Act.BACKUP, good=True, hour=4))
    journal.write(deed(Act.DRILL, good=True, level=1, hour=4))
    journal.write(deed(Act.PRUNE, good=True, hour=4))
    state = _state(site, journal)
    assert (state.failed, state.failed_drills, state.retention_refused) == ("", {}, "")


def test_a_run_in_the_future_holds_no_alarm_back(site: BackupSite, journal: Journal) -> None:
    journal.write(deed(Act.BACKUP, good=True, hour=100_000))
    assert _state(site, journal).overdue_at == NOW + timedelta(hours=2)
