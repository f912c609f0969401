"""A correction is applied as it was written, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.correction import Head, lines_of, read_correction, write_correction
from remediation.backup.rescue.model import Column, Difference, Kind, TableShape

SHAPE = TableShape(name=["t"], columns=[Column(name="a", type="int", key=1), Column(name="b", type="text")])
HEAD = Head(engine="sqlite", database="clinic", snapshot="s1", table=SHAPE)
DIFFERENCES = [
    Difference(Kind.DELETED, ("1", "x"), None),
    Difference(Kind.CHANGED, ("2", None), ("2", "y")),
    Difference(Kind.ADDED, None, ("3", "z")),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_correction(tmp_path / "c", HEAD, DIFFERENCES)
    return tmp_path / "c"


def test_it_is_read_as_it_was_written(path: Path) -> None:
    head, tail = read_correction(path)
    assert head == HEAD
    assert (tail.deleted, tail.changed, tail.added) == (1, 1, 1)
    assert list(lines_of(path, head)) == DIFFERENCES
    with pytest.raises(FileExistsError):
        write_correction(path, HEAD, [])


def test_nothing_to_correct(tmp_path: Path) -> None:
    tail = write_correction(tmp_path / "c", HEAD, [])
    assert read_correction(tmp_path / "c") == (HEAD, tail)
    assert list(lines_of(tmp_path / "c", HEAD)) == []


def test_every_changed_or_missing_byte_is_seen(path: Path) -> None:
    content = path.read_bytes()
    for place in range(0, len(content) - 1, 3):
        path.write_bytes(content[:place])
        with pytest.raises(RestoreRefused):
            read_correction(path)
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(RestoreRefused):
            read_correction(path)
    lines = content.splitlines(keepends=True)
    for fewer in (lines[:1] + lines[2:], lines[:-2] + lines[-1:], lines + lines[-1:], lines[:-1] + lines[1:2]):
        path.write_bytes(b"".join(fewer))
        with pytest.raises(RestoreRefused):
            read_correction(path)


def test_what_is_not_there_or_empty_is_no_correction(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for name in ("absent", "empty"):
        with pytest.raises(RestoreRefused, match="is no correction"):
            read_correction(tmp_path / name)
