"""A piece of a patch is asked for in one form; nothing else is ever looked for."""

from __future__ import annotations

import pytest

from remediation.patch.pieces import PIECE_BYTES, Piece, file_name, is_file_name, read_piece, size_at

DIGEST = "ab" * 32


def test_what_is_asked_is_read() -> None:
    piece = Piece(DIGEST, 3 * PIECE_BYTES)
    assert read_piece(piece.name, piece.query) == piece
    assert is_file_name(file_name(DIGEST))


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("patches/" + DIGEST.upper(), "from=0"),
        ("patches/" + DIGEST + "/", "from=0"),
        ("patches/../" + DIGEST, "from=0"),
        ("metadata/" + DIGEST, "from=0"),
        ("patches/" + DIGEST, ""),
        ("patches/" + DIGEST, "from=00"),
        ("patches/" + DIGEST, "from=-1"),
        ("patches/" + DIGEST, "from=1&from=2"),
        ("patches/" + DIGEST, "from=٣"),
        ("patches/" + DIGEST, "from=1\n"),
        ("patches/" + DIGEST, "from=" + "9" * 14),
    ],
)
def test_other_forms_are_nothing(name: str, query: str) -> None:
    assert read_piece(name, query) is None


@pytest.mark.parametrize(
    ("offset", "size", "count"),
    [(0, 1, 1), (0, PIECE_BYTES, PIECE_BYTES), (0, PIECE_BYTES + 1, PIECE_BYTES), (PIECE_BYTES, PIECE_BYTES + 1, 1)],
)
def test_every_piece_but_the_last_is_full(offset: int, size: int, count: int) -> None:
    assert size_at(offset, size) == count


def test_there_is_none_behind_the_end() -> None:
    assert size_at(10, 10) == size_at(11, 10) == 0
