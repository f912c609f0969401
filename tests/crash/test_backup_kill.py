"""A save is killed at each write to the target: it is never listed, and the next save is whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from remediation.backup.model import Part
from tests.fakes.backup_engines import AT, EVERYTHING, KEY, a_restic, an_archive, an_order, is_restic_here, silent
from tests.fakes.restic_key import cheapen

CHILD = Path(__file__).with_name("backup_child.py")
PUTS = 4  # lease, pack, index, head
IS_SOAK = os.environ.get("SOAK") == "1"  # a second of Python for each death: all of them with `make soak`
needs_restic = pytest.mark.skipif(not is_restic_here(), reason="no restic (Debian package restic)")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for number in range(4):
        (tmp_path / "tree" / f"{number}").mkdir(parents=True)
        (tmp_path / "tree" / f"{number}/file").write_bytes(os.urandom(400_000))
    return tmp_path


def _child(base: Path, when: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run([sys.executable, CHILD, base, when], env=environment, capture_output=True, check=False)


@pytest.mark.crash
def test_killed_at_each_write(base: Path) -> None:
    engine = an_archive(base / "target", base / "cache")
    engine.prepare()
    good = engine.save(an_order(base / "tree"), silent).snapshot.id
    deaths = [f"{put}{after}" for put in range(1, PUTS + 1) for after in ("", "+")]
    for when in deaths if IS_SOAK else deaths[1::2]:
        (base / "tree/0/file").write_bytes(os.urandom(400_000))
        assert _child(base, when).returncode == -signal.SIGKILL, when
        listed = [snapshot.id for snapshot in engine.snapshots()]
        is_written = when == f"{PUTS}+"  # dead after the head was put: the snapshot is whole
        assert len(listed) == (2 if is_written else 1), when
        assert list(engine.check(Part(1, 1))) == []
    assert _child(base, "99").returncode == 0  # the measure measures: there are no more writes than these
    last = engine.snapshots()[-1].id
    engine.restore(last, EVERYTHING, base / "into", silent)
    assert (base / "into" / base.relative_to("/") / "tree/0/file").read_bytes() == (base / "tree/0/file").read_bytes()
    freed = engine.forget([snapshot.id for snapshot in engine.snapshots() if snapshot.id not in {last, good}])
    assert freed > (3 if IS_SOAK else 1) * 400_000  # what the killed ones left is gone, too
    assert list((base / "target/leases").iterdir()) == []
    assert list(engine.check(Part(1, 1))) == []


@pytest.mark.crash
@needs_restic
def test_restic_killed_at_random_points_heals_itself(base: Path) -> None:
    (base / "tree/large").write_bytes(os.urandom(60 << 20 if IS_SOAK else 24 << 20))
    engine = a_restic(base / "target", base / "state")
    engine.prepare()
    cheapen(base / "target", KEY.hex())
    script = (
        "import sys; from pathlib import Path; from tests.fakes.backup_engines import *\n"
        f"b = Path({str(base)!r}); print(a_restic(b / 'target', b / 'state').save(an_order(b / 'tree'), silent))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    rng, killed = random.Random(3), 0
    for _ in range(3 if IS_SOAK else 1):
        with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE) as child:
            end = time.monotonic() + 20
            while not list((base / "target/locks").iterdir()) and child.poll() is None and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(rng.random() * 0.3)
            restics = [int(path.stem) for path in (base / "state/started").glob("*.json")]
            child.kill()
            for pid in restics:
                os.kill(pid, signal.SIGKILL)
                killed += 1
    assert killed
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in restics) and time.monotonic() < end:
        time.sleep(0.01)
    assert list((base / "target/locks").iterdir())  # what a power cut leaves
    made = engine.save(an_order(base / "tree", at=AT), silent).snapshot.id
    assert list((base / "target/locks").iterdir()) == []
    assert engine.snapshots()[-1].id == made
    assert list(engine.check(Part(1, 1))) == []
