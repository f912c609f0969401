from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediation.backup.engines.archive.content import Changed, opened, read_file, record_of, xattrs_of
from remediation.backup.engines.archive.format import PIECE_BYTES, SMALL_FILE_BYTES, Record
from remediation.backup.engines.archive.walking import Found


def look(path: Path) -> Found:
    return Found(os.fsencode(path), path.lstat())


def read(path: Path, meanwhile: bytes | None = None) -> tuple[list[bytes], list[bytes], Record, bool]:
    small: list[bytes] = []
    pieces: list[bytes] = []
    found = look(path)
    record = record_of(found)

    def take(piece: bytes) -> None:
        pieces.append(piece)
        if meanwhile is not None:
            path.write_bytes(meanwhile)

    with opened(found) as handle:
        return small, pieces, record, read_file(handle, record, small.append, take)


@pytest.mark.parametrize("size", [0, 1, SMALL_FILE_BYTES - 1])
def test_a_small_file_is_one_piece(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(os.urandom(size))
    small, pieces, record, is_whole = read(tmp_path / "file")
    assert (small, pieces, record.size, is_whole) == ([(tmp_path / "file").read_bytes()], [], size, True)


@pytest.mark.parametrize("size", [SMALL_FILE_BYTES, PIECE_BYTES, 2 * PIECE_BYTES + 5])
def test_a_large_file_is_cut(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(os.urandom(size))
    _, pieces, _, is_whole = read(tmp_path / "file")
    assert b"".join(pieces) == (tmp_path / "file").read_bytes()
    assert all(len(piece) == PIECE_BYTES for piece in pieces[:-1])
    assert is_whole


@pytest.mark.parametrize("size", [10, 3 * PIECE_BYTES])
def test_a_file_that_changes_meanwhile_is_noticed(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(os.urandom(2 * PIECE_BYTES))
    _, pieces, record, is_whole = read(tmp_path / "file", meanwhile=bytes(size))
    assert not is_whole
    assert sum(map(len, pieces)) == record.size


def test_holes_are_not_read(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.seek(1 << 30)
        file.write(b"end")
    small, pieces, record, _ = read(tmp_path / "file")
    assert record.extents is not None
    assert sum(length for _, length in record.extents) < 1 << 20
    assert b"".join(small + pieces).endswith(b"end")


def test_a_file_that_was_replaced_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one")
    found = look(tmp_path / "file")
    (tmp_path / "other").write_text("two")
    (tmp_path / "other").rename(tmp_path / "file")
    with pytest.raises(Changed), opened(found):
        pass
    (tmp_path / "file").unlink()
    os.mkfifo(tmp_path / "file")
    with pytest.raises(Changed), opened(found):  # and nobody waits for a writer
        pass


def test_attributes_are_sorted(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("user.b", "user.a"):
        os.setxattr(tmp_path / "file", name, name.encode())
    assert xattrs_of(os.fsencode(tmp_path / "file")) == [(b"user.a", b"user.a"), (b"user.b", b"user.b")]
