"""Somebody who held the key wrote a snapshot to escape from the folder it is restored into."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.engines.archive.format import KINDS, Head, Record, Segment, encode
from remediation.backup.engines.archive.pipeline import Pipeline, Slot
from remediation.backup.errors import BackupError
from remediation.backup.model import EntryKind
from tests.fakes.backup_engines import AT, EVERYTHING, an_archive, silent

CONTENT = b"planted"


def a(kind: EntryKind, path: bytes, **more: object) -> Record:
    types = {EntryKind.FILE: stat.S_IFREG | 0o644, EntryKind.FOLDER: stat.S_IFDIR | 0o755}
    record = Record(path=path, kind=KINDS.index(kind), mode=types.get(kind, stat.S_IFLNK | 0o777))
    record.uid, record.gid = os.geteuid(), os.getegid()
    if kind is EntryKind.FILE:
        record.size, record.chunks = len(CONTENT), [0]
    for name, value in more.items():
        setattr(record, name, value)
    return record


def folder(path: bytes) -> Record:
    return a(EntryKind.FOLDER, path)


def file(path: bytes, **more: object) -> Record:
    return a(EntryKind.FILE, path, **more)


def written(engine: ArchiveEngine, records: list[Record]) -> str:
    """A snapshot with exactly these records, by the engine's own writer."""
    with engine._opened() as repository:
        repository.refresh()
        pipeline = Pipeline(repository, lambda _: None)
        content, listing = Slot(), Slot()
        pipeline.give(CONTENT, content)
        pipeline.settle()
        pipeline.give(encode(Segment([content.id], records)), listing)
        pipeline.finish()
        pipeline.close()
        head = Head(at=AT, host="h", roots=[b"/"], labels={}, files=1, size_bytes=1, segments=[listing.id])
        repository.put_head("ab" * 16, head)
    return "ab" * 16


Records = Callable[[bytes], list[Record]]
HOSTILE: dict[str, Records] = {
    "up": lambda outside: [file(b"/../planted")],
    "up in the middle": lambda outside: [folder(b"/a"), file(b"/a/../../planted")],
    "itself": lambda outside: [folder(b"/."), file(b"/./planted")],
    "relative": lambda outside: [file(b"planted")],
    "nothing between slashes": lambda outside: [folder(b"/a"), file(b"/a//planted")],
    "zero byte": lambda outside: [file(b"/a\0b")],
    "root": lambda outside: [file(b"/")],
    "through a link": lambda outside: [a(EntryKind.SYMLINK, b"/a", target=outside), file(b"/a/planted")],
    "a link that is a folder, too": lambda outside: [
        a(EntryKind.SYMLINK, b"/a", target=outside),
        folder(b"/a"),
        file(b"/a/planted"),
    ],
    "a folder, then a link": lambda outside: [
        folder(b"/a"),
        a(EntryKind.SYMLINK, b"/a", target=outside),
        file(b"/a/planted"),
    ],
    "below a file": lambda outside: [file(b"/a"), file(b"/a/planted")],
    "no folder": lambda outside: [file(b"/a/planted")],
    "unsorted": lambda outside: [file(b"/b"), file(b"/a")],
    "an absolute name": lambda outside: [file(b"/" + outside + b"/planted")],
}
CONTAINED: dict[str, Records] = {
    "hard link upwards": lambda outside: [file(b"/b", link=b"/../secret")],
    "hard link through a link": lambda outside: [
        a(EntryKind.SYMLINK, b"/a", target=outside),
        file(b"/b", link=b"/a/secret"),
    ],
    "hard link to a link": lambda outside: [
        a(EntryKind.SYMLINK, b"/a", target=outside + b"/secret"),
        file(b"/b", link=b"/a"),
    ],
    "more than there is": lambda outside: [file(b"/b", size=1 << 40)],
    "extents beyond all": lambda outside: [file(b"/b", size=10, extents=[(1 << 50, 5), (3, 1 << 40)])],
    "chunks that are none": lambda outside: [file(b"/b", size=10, offset=1 << 40)],
}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    made = tmp_path / "outside"
    made.mkdir()
    (made / "secret").write_text("secret")
    return made


@pytest.fixture
def engine(tmp_path: Path) -> ArchiveEngine:
    made = an_archive(tmp_path / "target", tmp_path / "cache")
    made.prepare()
    return made


def _is_untouched(tmp_path: Path, outside: Path) -> bool:
    planted = [path for path in tmp_path.rglob("*") if path.name == "planted"]
    secret = outside / "secret"
    return not planted and list(outside.iterdir()) == [secret] and secret.stat().st_nlink == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_before_anything_is_written(
    engine: ArchiveEngine, tmp_path: Path, outside: Path, name: str
) -> None:
    id_ = written(engine, HOSTILE[name](os.fsencode(outside)))
    with pytest.raises(BackupError, match="forged"):
        engine.restore(id_, EVERYTHING, tmp_path / "into", silent)
    assert not (tmp_path / "into").exists()
    assert _is_untouched(tmp_path, outside)


@pytest.mark.parametrize("name", CONTAINED)
def test_it_stays_inside_and_is_told(engine: ArchiveEngine, tmp_path: Path, outside: Path, name: str) -> None:
    id_ = written(engine, CONTAINED[name](os.fsencode(outside)))
    done = engine.restore(id_, EVERYTHING, tmp_path / "into", silent)
    assert [problem.path for problem in done.problems] == ["/b"]
    assert not (tmp_path / "into/b").exists()
    assert _is_untouched(tmp_path, outside)


def test_the_same_writer_makes_snapshots_that_are_good(engine: ArchiveEngine, tmp_path: Path, outside: Path) -> None:
    link = a(EntryKind.SYMLINK, b"/z", target=os.fsencode(outside))
    id_ = written(engine, [folder(b"/a"), file(b"/a/planted"), file(b"/b", link=b"/a/planted"), link])
    done = engine.restore(id_, EVERYTHING, tmp_path / "into", silent)
    assert done.problems == ()
    assert (tmp_path / "into/b").read_bytes() == CONTENT
    assert not _is_untouched(tmp_path, outside)  # the measure measures
