from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.logs.cursor import begin
from agent.logs.opening import open_seen
from agent.logs.shelf import REVISIT, Shelf, Visit
from agent.spool.port import Cursor
from tests.builders import NOW


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def closed(path: Path, log: Path, *, position: int = 6) -> Cursor:
    """The cursor of the file at `path`, as stored when it was still `log`."""
    opened, seen = open_seen(str(path))
    opened.close()
    return begin("app", str(log), seen, position)


def visit(shelf: Shelf, seconds: float = 0) -> Visit:
    found = shelf.visit([], NOW + timedelta(seconds=seconds))
    for opened in [*(grown[0] for grown in found.grown), *(cut[0] for cut in found.cut)]:
        opened.close()
    return found


def test_an_unread_rest_is_found_under_the_new_name(log: Path, tmp_path: Path) -> None:
    (tmp_path / "app.log.2").write_text("hello\nworld\n")
    cursor = closed(tmp_path / "app.log.2", log)
    shelf = Shelf(str(log), [cursor])
    assert [grown for _, grown in visit(shelf).grown] == [cursor]
    assert shelf.cursors == {}


def test_a_finished_file_stays_until_it_is_gone_and_leaves_no_gap(log: Path, tmp_path: Path) -> None:
    rotated = tmp_path / "app.log.1"
    rotated.write_text("hello\n")
    shelf = Shelf(str(log), [replace(closed(rotated, log), path=str(rotated))])
    assert visit(shelf).grown == []
    rotated.rename(tmp_path / "app.log.2")
    visit(shelf, 5)
    (cursor,) = shelf.cursors.values()
    assert cursor.path == str(tmp_path / "app.log.2")
    (tmp_path / "app.log.2").unlink()
    found = visit(shelf, 10)
    assert (found.forgotten, found.lost, shelf.cursors) == ([cursor], [], {})


def test_a_finished_file_that_grows_is_read_on(log: Path, tmp_path: Path) -> None:
    rotated = tmp_path / "app.log.1"
    rotated.write_text("hello\n")
    shelf = Shelf(str(log), [replace(closed(rotated, log), path=str(rotated))])
    visit(shelf)
    rotated.write_text("hello\nlate\n")
    assert visit(shelf, REVISIT.total_seconds() - 1).grown == []  # not looked at that often
    assert len(visit(shelf, REVISIT.total_seconds()).grown) == 1


def test_a_file_that_is_gone_unfinished_is_lost(log: Path, tmp_path: Path) -> None:
    (tmp_path / "app.log.1").write_text("hello\nworld\n")
    cursor = closed(tmp_path / "app.log.1", log)
    (tmp_path / "app.log.1").unlink()
    found = visit(Shelf(str(log), [cursor]))
    assert found.forgotten == [cursor]
    assert found.lost == [cursor]


def test_a_file_whose_file_system_is_away_is_kept(log: Path, tmp_path: Path) -> None:
    (tmp_path / "app.log.1").write_text("hello\nworld\n")
    cursor = closed(tmp_path / "app.log.1", log)
    for away in (replace(cursor, device=cursor.device + 1, inode=1), replace(cursor, path="/nonexistent/app.log")):
        shelf = Shelf(away.path, [away])
        found = visit(shelf)
        assert (found.forgotten, found.lost, len(shelf.cursors)) == ([], [], 1)


def test_a_rotated_file_that_was_cut_is_read_from_its_beginning(log: Path, tmp_path: Path) -> None:
    rotated = tmp_path / "app.log.1"
    rotated.write_text("hello\nworld\n")
    cursor = closed(rotated, log, position=12)
    rotated.write_text("again\n")
    assert [cut for _, cut, _ in visit(Shelf(str(log), [cursor])).cut] == [cursor]


def test_an_inode_that_is_another_file_now_is_forgotten(log: Path, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_text("hello\nworld\n")
    cursor = closed(tmp_path / "other.db", log)
    (tmp_path / "other.db").write_text("something else")
    shelf = Shelf(str(log), [cursor])
    found = visit(shelf)
    assert (found.forgotten, found.lost, found.cut) == ([cursor], [cursor], [])


def test_a_file_is_taken_by_identity_or_by_its_first_bytes(log: Path) -> None:
    log.write_text("hello\nworld\n")
    cursor = closed(log, log)
    identity = (cursor.device, cursor.inode)
    assert Shelf(str(log), [cursor]).take(identity, b"") == cursor
    renumbered = replace(cursor, device=cursor.device + 1)
    assert Shelf(str(log), [renumbered]).take(identity, b"hello\nworld\n") == renumbered
    assert Shelf(str(log), [renumbered]).take(identity, b"other") is None
    assert Shelf(str(log), []).take(identity, b"hello\n") is None


def test_what_it_knows(log: Path) -> None:
    log.write_text("hello\nworld\n")
    shelf = Shelf(str(log), [closed(log, log)])
    opened, seen = open_seen(str(log))
    opened.close()
    assert shelf.knows(seen)
    assert not shelf.knows(replace(seen, head=b"other file"))
    assert not shelf.knows(replace(seen, inode=seen.inode + 1))
