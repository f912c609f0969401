from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from remediation.backup.standing import BackupState, read_state, told_folder, write_state

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def test_the_state_comes_back(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_state(tmp_path)
    state = BackupState(written_at=NOW, overdue_at=NOW, failed="the disk is full")
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
    assert told_folder(tmp_path).stat().st_mode & 0o777 == 0o755
