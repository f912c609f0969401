from __future__ import annotations

import pytest

from wire.bundle import BUNDLE_BYTES, PiecePlace, PieceReply, decode_reply, read_place
from wire.errors import Malformed

PLACE = PiecePlace(request="ab" * 32, sha256="cd" * 32, size=BUNDLE_BYTES, offset=900_000)


def test_a_place_reads_back() -> None:
    assert read_place(str(PLACE)) == PLACE
    assert str(PLACE) == f"bundle/{'ab' * 32}/{'cd' * 32}/50000000/900000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "enrol",
        str(PLACE) + "\n",
        str(PLACE).replace("ab", "AB"),
        str(PLACE).replace("/900000", "/0900000"),
        str(PLACE).replace("/900000", "/-1"),
        str(PLACE).replace("/900000", "/50000000"),
        str(PLACE).replace("/50000000", "/50000001"),
        str(PLACE).replace("/50000000", "/0"),
        str(PLACE).replace("cd" * 32, "../" * 21 + "x"),
    ],
)
def test_anything_else_is_no_place(text: str) -> None:
    with pytest.raises(Malformed):
        read_place(text)


def test_a_reply_reads_back() -> None:
    assert decode_reply(b'{"position":3,"is_stored":true}') == PieceReply(position=3, is_stored=True)
    for raw in (b"", b"{}", b'{"position":-1}', b"\xff"):
        with pytest.raises(Malformed):
            decode_reply(raw)
