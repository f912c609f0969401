"""Rotation at a real archive: whatever moment it is cut off at, a key that lies on the disk opens the target."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.engines.archive.keyring import Recipient
from remediation.backup.engines.targets.directory import Directory
from remediation.backup.engines.targets.pace import Pace
from remediation.backup.errors import TargetRefused
from remediation.backup.keys.archive_lock import ArchiveLock
from remediation.backup.keys.changing import rotate
from remediation.backup.keys.key_file import load_key, write_key

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


class Cut(Exception):
    """The power went."""


@pytest.fixture
def opener(tmp_path: Path) -> Callable[[bytes], ArchiveLock]:
    def opened(key: bytes) -> ArchiveLock:
        pace = Pace(None, time.monotonic, time.sleep)
        target = Directory(tmp_path / "target", pace=pace, new_name=lambda: os.urandom(8).hex(), is_synced=False)
        return ArchiveLock(ArchiveEngine(target, Recipient(key), tmp_path / "cache", os.urandom))

    opened(OLD).engine.prepare()
    return opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_key(tmp_path / "backup.key", OLD)
    return tmp_path / "backup.key"


def test_the_new_key_opens_and_the_old_one_does_not(opener: Callable[[bytes], ArchiveLock], path: Path) -> None:
    rotate(path, NEW, opener)
    assert load_key(path) == NEW
    assert len(opener(NEW).recipients()) == 1
    opener(NEW).opened_by()
    with pytest.raises(TargetRefused):
        opener(OLD).opened_by()
    assert [each.name for each in path.parent.glob("backup.key*")] == ["backup.key"]


def test_another_recipient_stays(opener: Callable[[bytes], ArchiveLock], path: Path) -> None:
    other = bytes(32)
    opener(OLD).admit(other)
    rotate(path, NEW, opener)
    opener(other).opened_by()


@pytest.mark.parametrize("after", range(1, 6))
def test_cut_off_anywhere_a_key_file_opens_and_a_second_try_ends_it(
    opener: Callable[[bytes], ArchiveLock], path: Path, after: int
) -> None:
    left = after

    def cutting(key: bytes) -> ArchiveLock:
        nonlocal left
        if left == 0:
            raise Cut
        left -= 1
        return opener(key)

    try:
        rotate(path, NEW, cutting)
    except Cut:
        opener(load_key(path)).opened_by()
        rotate(path, bytes(32), opener)
    assert load_key(path) == NEW, "the key that was written beside goes on"
    assert opener(NEW).recipients() == [opener(NEW).opened_by()]
    assert [each.name for each in path.parent.glob("backup.key*")] == ["backup.key"]


def test_a_key_that_opens_nothing_changes_nothing(opener: Callable[[bytes], ArchiveLock], tmp_path: Path) -> None:
    write_key(tmp_path / "wrong.key", bytes(32))
    with pytest.raises(TargetRefused):
        rotate(tmp_path / "wrong.key", NEW, opener)
    assert load_key(tmp_path / "wrong.key") == bytes(32)
    assert len(opener(OLD).recipients()) == 1
