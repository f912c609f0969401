from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.health.probes.backups import Backups
from agent.settings.probes import BackupCheck
from tests.builders import NOW
from tests.fakes.probes import bad, readings


def backup(path: Path, hours: float, size: int = 100) -> None:
    path.write_bytes(b"x" * size)
    at = NOW.timestamp() - hours * 3_600
    os.utime(path, (at, at))


@pytest.mark.parametrize(("hours", "is_bad"), [(25, False), (27, True)])
def test_the_newest_counts(tmp_path: Path, hours: float, is_bad: bool) -> None:
    probe = Backups(BackupCheck(name="his", path=str(tmp_path / "*.dump"), min_bytes=10))
    backup(tmp_path / "old.dump", 100)
    backup(tmp_path / "new.dump", hours)
    backup(tmp_path / "cut.dump", 1, size=9)
    backup(tmp_path / "other.txt", 1)
    assert bad(probe, NOW) == ([("HOST-BAK-0001", "his")] if is_bad else [])
    assert "new.dump" in readings(probe, NOW)[0].text


def test_none_at_all(tmp_path: Path) -> None:
    probe = Backups(BackupCheck(name="his", path=str(tmp_path / "*.dump")))
    assert bad(probe, NOW) == [("HOST-BAK-0001", "his")]
    assert "nothing matches" in readings(probe, NOW)[0].text
