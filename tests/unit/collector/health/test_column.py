from __future__ import annotations

import math
import struct
from collections.abc import Sequence

import pytest

from collector.health.column import EXACT, Kind, decimals_of, pack_column, unpack_column
from collector.health.model import BlobRefused, Value

COLUMNS: list[tuple[Kind, list[Value | None]]] = [
    (Kind.INT, [1, 2, 3]),
    (Kind.INT, [7, 7, 7]),
    (Kind.INT, [None, -5, None, 2**53, None]),
    (Kind.FLOAT, [12.5, 12.25, None, 0.0]),
    (Kind.FLOAT, [-0.0, -0.0]),
    (Kind.FLOAT, [0.0, -0.0, 1.5]),
    (Kind.FLOAT, [0.1 + 0.2, 1e300, 5e-324, 2.0**53]),
    (Kind.FLOAT, [99.9, None, None]),
    (Kind.BOOL, [True, False, None, True]),
    (Kind.BOOL, [True, True]),
    (Kind.TEXT, ["boot-1", "boot-1", "부팅", None, ""]),
]


def _bits(values: Sequence[Value | None]) -> list[object]:
    return [struct.pack("<d", value) if isinstance(value, float) else (type(value), value) for value in values]


@pytest.mark.parametrize(("kind", "values"), COLUMNS)
def test_every_bit_comes_back(kind: Kind, values: list[Value | None]) -> None:
    assert _bits(unpack_column(pack_column(kind, values), len(values))) == _bits(values)


def test_what_never_changes_costs_one_value() -> None:
    assert len(pack_column(Kind.INT, [16_651_460_608] * 1_000)) < 10
    assert len(pack_column(Kind.FLOAT, [7.1] * 1_000)) < 10


def test_decimals_are_found_and_given_up() -> None:
    assert decimals_of([1.0, 2.0]) == 0
    assert decimals_of([0.123456]) == 6
    assert decimals_of([0.1234567]) is None
    assert decimals_of([math.pi]) is None
    assert decimals_of([float(2**53)]) is None
    assert pack_column(Kind.FLOAT, [math.pi, 1.0])[1] & EXACT


def test_a_whole_number_beyond_64_bits_is_not_packed() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        pack_column(Kind.INT, [2**63])


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x00",
        b"\x09\x00",
        bytes((Kind.INT, 0)),
        bytes((Kind.INT, 1, 0b1000)) + b"\x02",
        bytes((Kind.INT, 0)) + b"\x02\x02",
        bytes((Kind.FLOAT, 0)),
        bytes((Kind.FLOAT, 0, 7, 2, 2, 2)),
        bytes((Kind.FLOAT, EXACT)) + b"1234567",
        bytes((Kind.TEXT, 0)) + b"\x01\x01\xff\x00\x00\x00",
        bytes((Kind.TEXT, 0)) + b"\x01\x01a\x02\x02\x02",
        bytes((Kind.TEXT, 0)) + b"\x01\x01a\x01\x01\x01",
        bytes((Kind.TEXT, 0)) + b"\x7f",
    ],
)
def test_garbage_is_refused(packed: bytes) -> None:
    with pytest.raises(BlobRefused):
        unpack_column(packed, 3)
