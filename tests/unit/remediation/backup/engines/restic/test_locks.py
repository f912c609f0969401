"""Whose lock is removed: with a real restic where there is one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from remediation.backup.engines.restic.engine import ResticEngine
from remediation.backup.engines.restic.locks import Register, holder_of, is_ours_and_dead
from remediation.backup.errors import TargetUnavailable
from tests.fakes.backup_engines import KEY, a_restic, an_order, is_restic_here, silent
from tests.fakes.restic_key import cheapen

needs_restic = pytest.mark.skipif(not is_restic_here(), reason="no restic (Debian package restic)")


def test_who_was_not_struck_out_and_is_gone_is_dead(tmp_path: Path) -> None:
    register = Register(tmp_path / "started")
    assert register.dead() == {}
    with subprocess.Popen(["sleep", "60"]) as child:
        register.note(child.pid)
        assert register.dead() == {}
        child.kill()
    assert list(register.dead()) == [child.pid]
    lock = {"hostname": socket.gethostname(), "pid": child.pid, "time": "2026-11-22T10:00:00.123Z"}
    assert is_ours_and_dead(lock, register.dead())
    assert not is_ours_and_dead({**lock, "hostname": "another"}, register.dead())
    assert not is_ours_and_dead({**lock, "pid": os.getpid()}, register.dead())
    assert "2026-11-22T10:00:00" in holder_of(lock)
    register.strike_out([child.pid])
    assert register.dead() == {}


def test_a_register_that_is_damaged_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "started").mkdir()
    (tmp_path / "started/1.json").write_text("{")
    assert Register(tmp_path / "started").dead() == {}


def _whole_locks(root: Path) -> list[str]:
    """A lock is written beside its name (`NAME-tmp-N`) and renamed: killed before, a restic leaves none."""
    return [path.name for path in (root / "locks").iterdir() if path.name.isalnum()]


@contextmanager
def _locked_by_hand(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A restic of somebody else that holds its lock until its input ends."""
    environment = {**os.environ, "RESTIC_PASSWORD": KEY.hex(), "RESTIC_REPOSITORY": str(root)}
    command = ["restic", "--no-cache", "backup", "--stdin"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL, env=environment) as child:
        try:
            while not _whole_locks(root):
                assert child.poll() is None
            yield child
        finally:
            child.kill()


@pytest.fixture
def engine(tmp_path: Path) -> ResticEngine:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_text("x")
    made = a_restic(tmp_path / "target", tmp_path / "state")
    made.prepare()
    cheapen(tmp_path / "target", KEY.hex())
    return made


@needs_restic
def test_a_foreign_lock_is_never_removed_though_its_owner_is_dead(engine: ResticEngine, tmp_path: Path) -> None:
    made = engine.save(an_order(tmp_path / "tree"), silent).snapshot
    with _locked_by_hand(tmp_path / "target") as child:
        child.kill()
        child.wait()
    assert engine.save(an_order(tmp_path / "tree"), silent)  # beside it saving goes on
    with pytest.raises(TargetUnavailable, match="in use by"):
        engine.forget([made.id])
    assert len(_whole_locks(tmp_path / "target")) == 1


@needs_restic
def test_the_lock_of_our_own_dead_one_goes(engine: ResticEngine, tmp_path: Path) -> None:
    made = engine.save(an_order(tmp_path / "tree"), silent).snapshot
    with _locked_by_hand(tmp_path / "target") as child:
        Register(tmp_path / "state/started").note(child.pid)
        with pytest.raises(TargetUnavailable, match="in use by"):
            engine.forget([made.id])  # it lives
        child.kill()
        child.wait()
    assert engine.forget([made.id]) > 0
    assert list((tmp_path / "target/locks").iterdir()) == []
    assert json.dumps(list(engine.snapshots())) == "[]"
