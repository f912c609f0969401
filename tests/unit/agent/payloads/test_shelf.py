"""Parts grow to a whole with the signed digest, or go; nothing stays that nobody wants."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.payloads.shelf import WISH_AGE, WISHES_MOST, PayloadShelf, Wanted
from tests.fakes.made_patch import sha256

CONTENT = b"0123456789"
WANTED = Wanted("his-2.0", "d" * 64, sha256(CONTENT), len(CONTENT))


@pytest.fixture
def shelf(tmp_path: Path) -> PayloadShelf:
    return PayloadShelf(tmp_path)


def test_piece_by_piece(shelf: PayloadShelf) -> None:
    assert shelf.position(WANTED) == 0
    for at in range(0, 10, 4):
        shelf.append(WANTED, CONTENT[at : at + 4])
        assert shelf.position(WANTED) == min(at + 4, 10)
    assert not shelf.is_here(WANTED)
    assert shelf.finish(WANTED)
    assert shelf.is_here(WANTED)
    assert (shelf.folder / WANTED.sha256).read_bytes() == CONTENT
    assert shelf.position(WANTED) == 0


def test_another_whole_is_deleted(shelf: PayloadShelf) -> None:
    shelf.append(WANTED, CONTENT[::-1])
    assert not shelf.finish(WANTED)
    assert not shelf.is_here(WANTED)
    assert shelf.position(WANTED) == 0


def test_a_link_in_the_way_is_not_followed(shelf: PayloadShelf, tmp_path: Path) -> None:
    shelf.folder.mkdir()
    (tmp_path / "precious").write_bytes(b"mine")
    (shelf.folder / f"{WANTED.sha256}.part").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic"):
        shelf.append(WANTED, CONTENT)
    assert (tmp_path / "precious").read_bytes() == b"mine"


def test_what_nobody_wants_goes(shelf: PayloadShelf) -> None:
    shelf.append(WANTED, CONTENT)
    (shelf.folder / ("e" * 64)).write_bytes(b"old")
    (shelf.folder / ("f" * 64 + ".part")).write_bytes(b"old")
    shelf.wish("a" * 64)
    shelf.tidy({WANTED.sha256})
    assert shelf.position(WANTED) == len(CONTENT)
    assert sorted(path.name for path in shelf.folder.iterdir()) == sorted([f"{WANTED.sha256}.part", "wishes"])
    shelf.tidy(set())
    assert shelf.position(WANTED) == 0


def test_the_newest_wishes_count_for_a_month(shelf: PayloadShelf) -> None:
    now = datetime.now(UTC)
    for number in range(WISHES_MOST + 1):
        shelf.wish(f"{number:064x}")
        at = (now - timedelta(minutes=10 - number)).timestamp()
        os.utime(shelf.folder / "wishes" / f"{number:064x}", (at, at))
    assert shelf.wishes(now) == [f"{number:064x}" for number in range(WISHES_MOST, 0, -1)]
    assert len(list((shelf.folder / "wishes").iterdir())) == WISHES_MOST
    assert shelf.wishes(now + WISH_AGE + timedelta(hours=1)) == []


def test_a_wish_of_another_form_is_none(shelf: PayloadShelf) -> None:
    shelf.wish("a" * 64)
    (shelf.folder / "wishes" / "note.txt").write_bytes(b"")
    assert shelf.wishes(datetime.now(UTC)) == ["a" * 64]


def test_an_empty_folder(shelf: PayloadShelf) -> None:
    shelf.tidy(set())
    assert shelf.wishes(datetime.now(UTC)) == []
