from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from agent.health.faults import event_of_code
from agent.health.probe import ProbeFailed
from agent.health.probes.backup_standing import BackupStanding, readings
from agent.health.thresholds import Change
from remediation.backup.standing import BackupState, write_state

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WELL = BackupState(written_at=NOW, overdue_at=NOW + HOUR, proof_overdue_at=NOW + HOUR)


def _bad(state: BackupState, now: datetime = NOW) -> list[tuple[str, str]]:
    return [(found.fault, found.subject) for found in readings(state, now) if found.value]


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({}, []),
        ({"failed": "disk full"}, [("HOST-BKF-0001", "backup")]),
        ({"copy_failed": "not attached"}, [("HOST-BKF-0001", "copy")]),
        ({"overdue_at": NOW - HOUR}, [("HOST-BKO-0001", "backup")]),
        ({"failed_drills": {"3": "a wrong row"}}, [("HOST-PRF-0001", "level 3")]),
        ({"proof_overdue_at": NOW - HOUR}, [("HOST-PRO-0001", "backup")]),
        ({"proof_overdue_at": None}, []),
        ({"retention_refused": "shrunk"}, [("HOST-BKP-0001", "backup")]),
    ],
)
def test_each_fault_is_read_and_clears(changes: dict[str, object], bad: list[tuple[str, str]]) -> None:
    assert _bad(structs.replace(WELL, **changes)) == bad


def test_a_timer_that_died_is_noticed_although_nobody_writes_any_more(tmp_path: Path) -> None:
    write_state(tmp_path, WELL)
    assert not any(found.value for found in BackupStanding(tmp_path).read(NOW))
    late = {found.fault for found in BackupStanding(tmp_path).read(NOW + 2 * HOUR) if found.value}
    assert late == {"HOST-BKO-0001", "HOST-PRO-0001"}


def test_every_code_becomes_an_event_and_its_clearing() -> None:
    for found in readings(WELL, NOW):
        for change in Change:
            names = ("h", "backup", found.subject)
            event = event_of_code(found.code, change, names=names, text="x", value="", now=NOW)
            assert event.identity["host"] == "h"
            assert found.subject in event.identity.values()


def test_a_host_without_backup_has_no_readings(tmp_path: Path) -> None:
    assert list(BackupStanding(tmp_path).read(NOW)) == []


def test_a_state_that_cannot_be_read_is_no_recovery(tmp_path: Path) -> None:
    (tmp_path / "told").mkdir()
    (tmp_path / "told/state.json").write_bytes(b"\0\0")
    with pytest.raises(ProbeFailed, match="cannot be read"):
        list(BackupStanding(tmp_path).read(NOW))
