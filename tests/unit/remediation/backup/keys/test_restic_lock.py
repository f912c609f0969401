"""Rotation at a real repository, whose key costs nothing to derive until the first one is added."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from remediation.backup.engines.restic.engine import ResticEngine
from remediation.backup.engines.restic.places import Folder
from remediation.backup.errors import TargetRefused
from remediation.backup.keys.changing import rotate
from remediation.backup.keys.key_file import load_key, write_key
from remediation.backup.keys.restic_lock import ResticLock
from remediation.backup.keys.spelling import one_word
from remediation.backup.programs import Programs
from tests.fakes.backup_engines import is_restic_here
from tests.fakes.restic_key import cheapen

OLD, NEW, TRUSTEE = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))

pytestmark = pytest.mark.skipif(not is_restic_here(), reason="no restic (Debian package restic)")


class _CheapLock(ResticLock):
    """Whose keys cost nothing to derive once they are there."""

    def admit(self, secret: bytes) -> str:
        name = super().admit(secret)
        cheapen(Path(self.engine.place.where), one_word(secret), name)
        return ResticLock(replace(self.engine, key=one_word(secret))).opened_by()


def test_the_new_key_opens_the_old_one_does_not_and_a_trustee_stays(tmp_path: Path) -> None:
    def lock(key: bytes) -> ResticLock:
        place, programs = Folder(tmp_path / "target"), Programs(time.monotonic)
        return _CheapLock(ResticEngine(place, one_word(key), tmp_path / "state", programs))

    lock(OLD).engine.prepare()
    cheapen(tmp_path / "target", one_word(OLD))
    name = lock(OLD).admit(TRUSTEE)
    assert lock(TRUSTEE).opened_by() == name != lock(OLD).opened_by()
    path = tmp_path / "backup.key"
    write_key(path, OLD)
    rotate(path, NEW, lock)
    assert load_key(path) == NEW
    assert sorted(lock(NEW).recipients()) == sorted([name, lock(NEW).opened_by()])
    with pytest.raises(TargetRefused, match="does not open"):
        lock(OLD).opened_by()
