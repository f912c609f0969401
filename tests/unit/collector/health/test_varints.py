from __future__ import annotations

import pytest

from collector.health.model import BlobRefused
from collector.health.varints import pack_lengths, pack_varints, read_length, unpack_varints

EDGES = [0, 1, -1, 63, -64, 64, -65, 8_191, -8_192, 2**53, -(2**53), 2**63 - 1, -(2**63)]


def test_numbers_come_back() -> None:
    assert unpack_varints(pack_varints(EDGES)) == EDGES
    assert [unpack_varints(pack_varints([each])) for each in EDGES] == [[each] for each in EDGES]
    assert unpack_varints(pack_varints([])) == []


def test_small_numbers_cost_a_byte_each() -> None:
    assert len(pack_varints(range(-64, 64))) == 128
    assert len(pack_varints([64])) == 2


@pytest.mark.parametrize("packed", [b"\x80", b"\x01\xff", b"\xff" * 12, b"\xff" * 11 + b"\x01"])
def test_a_number_without_an_end_or_beyond_64_bits_is_refused(packed: bytes) -> None:
    with pytest.raises(BlobRefused):
        unpack_varints(packed)


def test_lengths() -> None:
    packed = pack_lengths([0, 127, 128, 2**32 - 1])
    at, found = 0, []
    while at < len(packed):
        length, at = read_length(packed, at)
        found.append(length)
    assert found == [0, 127, 128, 2**32 - 1]
    for broken in (b"", b"\x80", b"\xff" * 6):
        with pytest.raises(BlobRefused):
            read_length(broken, 0)
