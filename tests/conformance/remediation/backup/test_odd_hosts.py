"""Files larger than four gigabytes, clocks that jump, a target that is pulled out in the middle."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remediation.backup.errors import TargetUnavailable
from remediation.backup.model import Part, Step
from tests.fakes.backup_engines import AT, EVERYTHING, an_archive, an_order, silent

WHOLE = Part(1, 1)
FIVE_GIB = 5 << 30


def test_a_file_of_five_gigabytes_mostly_hole(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    with (tmp_path / "tree/disk").open("wb") as file:
        file.truncate(FIVE_GIB)
        for at in (0, (4 << 30) - 3, (4 << 30) + 8_192, FIVE_GIB - 4):  # one across the border of 32 bits
            file.seek(at)
            file.write(b"here")
    engine = an_archive(tmp_path / "target", tmp_path / "cache")
    engine.prepare()
    made = engine.save(an_order(tmp_path / "tree"), silent)
    assert made.size_bytes == FIVE_GIB
    assert made.added_bytes < 1 << 20
    engine.restore(made.snapshot.id, EVERYTHING, tmp_path / "into", silent)
    back = tmp_path / "into" / tmp_path.relative_to("/") / "tree/disk"
    assert back.stat().st_size == FIVE_GIB
    assert back.stat().st_blocks * 512 < 1 << 20
    with back.open("rb") as file:
        for at in (0, (4 << 30) - 3, (4 << 30) + 8_192, FIVE_GIB - 4):
            assert os.pread(file.fileno(), 4, at) == b"here"


@pytest.mark.parametrize("jump", [timedelta(days=-4_000), timedelta(days=4_000)])
def test_a_clock_that_jumps_loses_nothing(tmp_path: Path, jump: timedelta) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "one").write_bytes(b"before")
    engine = an_archive(tmp_path / "target", tmp_path / "cache")
    engine.prepare()
    first = engine.save(an_order(tree), silent).snapshot
    (tree / "one").write_bytes(b"behind")  # the same size, and times that the jump makes look old
    then = (AT + jump).timestamp()
    os.utime(tree / "one", (then, then))
    second = engine.save(an_order(tree, at=AT + jump), silent).snapshot
    contents = [b"".join(engine.read(made.id, str(tree / "one"))) for made in (first, second)]
    assert contents == [b"before", b"behind"]
    arrivals = [one.arrived_at for one in engine.snapshots()]
    assert all(at is not None and abs(at - datetime.now(UTC)) < timedelta(minutes=1) for at in arrivals)


def test_a_target_that_is_pulled_out_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    for number in range(3):
        (tmp_path / "tree" / f"{number}").write_bytes(os.urandom(9 << 20))
    target, away = tmp_path / "target", tmp_path / "away"
    engine = an_archive(target, tmp_path / "cache")
    engine.prepare()

    def pull(step: Step) -> None:
        if step.what == "sending" and target.exists():
            target.rename(away)
            target.mkdir()

    # for a moment there is no folder at all, and another thread may look just then
    with pytest.raises(TargetUnavailable, match=r"attach the disk|cannot be used"):
        engine.save(an_order(tmp_path / "tree"), pull)
    assert list(target.iterdir()) == [], "nothing is written to the empty mount point"
    target.rmdir()
    away.rename(target)
    assert list(engine.snapshots()) == []
    assert engine.save(an_order(tmp_path / "tree"), silent).files == 3
    assert list(engine.check(WHOLE)) == []
