"""The drill itself runs in tests/integration/agent/test_backup_commands.py; here is what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.errors import TargetUnavailable
from remediation.backup.keys.drill import key_loss_drill
from remediation.backup.keys.sheet import Sheet


def test_a_target_that_is_none_fails_and_leaves_nothing(tmp_path: Path) -> None:
    sheet = Sheet("seoul", "app-1", str(tmp_path / "none"), "archive", bytes(32), "2026-11-24")
    with pytest.raises(TargetUnavailable):
        key_loss_drill(sheet, tmp_path / "state")
    assert list((tmp_path / "state").iterdir()) == []
