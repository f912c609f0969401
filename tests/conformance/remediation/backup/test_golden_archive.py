"""An archive that was written when its format came to be. It has to be readable for ever.

When this fails, the format was changed: read the old one too, or leave it as it is. The repository lies in
`golden_archive/`; it was written once, and is never written again.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from remediation.backup.errors import TargetRefused
from remediation.backup.model import Part
from tests.fakes.backup_engines import EVERYTHING, OTHER_KEY, an_archive, silent

GOLDEN = Path(__file__).with_name("golden_archive")
TREE = "tmp/golden/tree"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return shutil.copytree(GOLDEN, tmp_path / "target")


def test_it_is_whole_and_comes_back(target: Path, tmp_path: Path) -> None:
    engine = an_archive(target, tmp_path / "cache")
    first, second = sorted(engine.snapshots(), key=lambda one: one.labels.get("note", ""))
    assert (first.labels, second.labels) == ({"site": "clinic, 서울=1"}, {"note": "second"})
    assert (first.host, first.files) == ("host-1", second.files)
    assert list(engine.check(Part(1, 1))) == []
    for number, snapshot in enumerate([first, second]):
        into = tmp_path / f"into {number}"
        assert engine.restore(snapshot.id, EVERYTHING, into, silent).files == 6
        _compare(into / TREE)


def _compare(tree: Path) -> None:
    assert (tree / "small").read_bytes() == b"a golden word\n"
    assert (tree / "empty").read_bytes() == b""
    assert (tree / os.fsdecode(b"not \xff text")).read_bytes() == b"bytes"
    assert (tree / "folder/large").read_bytes() == b"".join(b"%07d\n" % number for number in range(300_000))
    sparse = (tree / "sparse").read_bytes()
    assert sparse == b"head" + bytes((5 << 20) - 4) + b"tail" + bytes((1 << 20) - 4)
    assert (tree / "sparse").stat().st_blocks * 512 < 1 << 20
    assert (tree / "link").readlink() == Path("folder/large")
    assert (tree / "pipe").is_fifo()
    small = (tree / "small").stat()
    assert (small.st_nlink, small.st_ino) == (2, (tree / "twin").stat().st_ino)
    assert stat.S_IMODE(small.st_mode) == 0o4711
    assert os.getxattr(tree / "small", "user.note") == b"kept"
    assert {path.lstat().st_mtime_ns for path in [tree, *tree.rglob("*")]} == {1_700_000_000_123_456_789}


def test_another_key_does_not_open_it(target: Path, tmp_path: Path) -> None:
    with pytest.raises(TargetRefused, match="key does not open"):
        an_archive(target, tmp_path / "cache", OTHER_KEY).snapshots()
