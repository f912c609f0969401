from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.engines.archive.keyring import Recipient
from remediation.backup.engines.targets.directory import Directory
from remediation.backup.engines.targets.pace import Pace
from remediation.backup.errors import TargetRefused
from remediation.backup.keys.archive_lock import ArchiveLock


def _lock(folder: Path, key: bytes) -> ArchiveLock:
    pace = Pace(None, time.monotonic, time.sleep)
    target = Directory(folder / "target", pace=pace, new_name=lambda: os.urandom(8).hex(), is_synced=False)
    return ArchiveLock(ArchiveEngine(target, Recipient(key), folder / "cache", os.urandom))


def test_each_key_knows_its_own_name(tmp_path: Path) -> None:
    mine, other = bytes(32), bytes(range(32))
    _lock(tmp_path, mine).engine.prepare()
    name = _lock(tmp_path, mine).admit(other)
    assert _lock(tmp_path, other).opened_by() == name != _lock(tmp_path, mine).opened_by()
    assert len(_lock(tmp_path, mine).recipients()) == 2
    _lock(tmp_path, mine).expel(name)
    with pytest.raises(TargetRefused, match="does not open"):
        _lock(tmp_path, other).opened_by()
