"""Disks that are really full, or vanish: memory disks of their own, mounted by root in a name space of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

needs_mounts = pytest.mark.skipif(
    os.geteuid() != 0
    or subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode != 0,
    reason="not root, or no mounts: no disk of its own can be filled",
)
HEAD = """
import os, random, subprocess, sys
from pathlib import Path
from datetime import timedelta
from remediation.backup.errors import BackupError, RestoreBroken, TargetUnavailable
from remediation.backup.model import Part
from remediation.backup.restoring import restore_below
from tests.fakes import hard_tree
from tests.fakes.backup_engines import AT, EVERYTHING, a_restic, an_archive, an_order, silent
base = Path(sys.argv[1])
made = {"archive": an_archive, "restic": a_restic}[sys.argv[2]]
def disk(name, size):
    (base / name).mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", base / name], check=True)
    return base / name
tree = base / "tree"
tree.mkdir()
for number in range(6):
    (tree / f"{number}").write_bytes(random.Random(number).randbytes(3 << 20))
"""
RESTORE = """
engine = made(base / "target", base / "state")
engine.prepare()
snapshot = engine.save(an_order(tree), silent).snapshot
small = disk("small", "8m")
try:
    restore_below(engine, snapshot, EVERYTHING, small / "into", silent)
except RestoreBroken as error:
    print("told:", error)
"""
SAVE = """
small = disk("small", "16m")
engine = made(small / "target", base / "state")
engine.prepare()
try:
    engine.save(an_order(tree), silent)
except BackupError as error:
    print("told:", error)
assert list(engine.snapshots()) == []
subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
snapshot = engine.save(an_order(tree), silent).snapshot
assert list(engine.check(Part(1, 1))) == []
subprocess.run(["mount", "-o", "remount,ro", small], check=True)
(tree / "more").write_bytes(b"x")
try:
    engine.save(an_order(tree, at=AT + timedelta(hours=1)), silent)
except BackupError as error:
    print("read-only:", error)
engine.restore(snapshot.id, EVERYTHING, base / "into", silent)
assert (base / "into" / tree.relative_to("/") / "5").read_bytes() == (tree / "5").read_bytes()
"""


def _run(script: str, base: Path, engine: str) -> str:
    command = ["unshare", "--mount", sys.executable, "-c", HEAD + script, str(base), engine]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_mounts
@pytest.mark.parametrize("engine", ["archive", "restic"])
def test_a_full_disk_while_restoring_is_told(tmp_path: Path, engine: str) -> None:
    assert "is full, so the restore broke off" in _run(RESTORE, tmp_path, engine)


@needs_mounts
@pytest.mark.parametrize("engine", ["archive", "restic"])
def test_a_target_that_fills_and_one_that_becomes_read_only(tmp_path: Path, engine: str) -> None:
    said = _run(SAVE, tmp_path, engine)
    assert "told:" in said
    assert "is full; free space" in said
    assert "can only be read; mount it for writing" in said
