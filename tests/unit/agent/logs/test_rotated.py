from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from agent.logs.cursor import begin
from agent.logs.opening import open_seen
from agent.logs.rotated import Rotated, found_again
from agent.logs.shelf import Shelf
from agent.spool.port import Cursor


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def a_cursor(path: Path, log: Path, position: int) -> Cursor:
    opened, seen = open_seen(str(path))
    opened.close()
    return begin("app", str(log), seen, position)


def rotated(log: Path, known: list[Cursor] | None = None) -> Rotated:
    return Rotated(Shelf(str(log), known or []), lambda identity: False)


def test_a_copy_is_found_by_its_first_bytes_packed_or_not(log: Path, tmp_path: Path) -> None:
    log.write_text("one\ntwo\n")
    cut = a_cursor(log, log, 4)
    (tmp_path / "app.log.1").write_text("other\nfile\n")
    assert rotated(log).copy_of(cut) is None
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"one\ntwo\n"))
    copy = rotated(log).copy_of(cut)
    assert copy is not None
    assert copy[0].read(100, cut.position) == b"two\n"
    copy[0].close()


def test_what_was_missed_is_newer_and_unlike_what_is_known(log: Path, tmp_path: Path) -> None:
    log.write_text("one\n")
    known = a_cursor(log, log, 4)
    for at, (name, text) in enumerate(
        [("app.log.4", b"old\n"), ("app.log.3.gz", b"one\n"), ("app.log.2.gz", b"new\n")]
    ):
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
        os.utime(tmp_path / name, ns=(0, 1_000 + at))
    ((opened, _),) = rotated(log).missed(str(log), 1_001, [known])
    assert opened.read(9, 0) == b"new\n"
    opened.close()
    again = a_cursor(tmp_path / "app.log.2.gz", log, 4)
    assert list(rotated(log, [again]).missed(str(log), 1_001, [known])) == []


def test_a_rotated_file_is_found_again(log: Path, tmp_path: Path) -> None:
    log.write_text("one\n")
    cursor = a_cursor(log, log, 4)
    log.rename(tmp_path / "app.log.7")
    again = found_again(cursor)
    assert again is not None
    assert again.path == str(tmp_path / "app.log.7")
    (tmp_path / "app.log.7").unlink()
    assert found_again(cursor) is None
