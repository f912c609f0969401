"""One column of values <-> bytes, bit for bit, without compression: that is the blob's.

A column holds values of one kind, with holes. Numbers are written as whole numbers: floats that have a few decimals
(as sensors give them) by their decimals, the others by their eight bytes, the bytes of equal weight together. Whole
numbers are written as differences or as they stand, whichever is shorter; a column that never changes is one value.

    kind (1 byte) · marks (1 byte) · [holes: one bit a row] · [decimals] · values

>>> unpack_column(pack_column(Kind.FLOAT, [12.5, None, 12.75]), rows=3)
[12.5, None, 12.75]
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum
from itertools import accumulate, pairwise
from math import copysign

from collector.health.model import BlobRefused, Value
from collector.health.varints import pack_lengths, pack_varints, read_length, unpack_varints

HOLES, CONSTANT, PLAIN, EXACT = 1, 2, 4, 8  # marks
DECIMALS_MAX = 6
WHOLE_MAX = 2**53  # up to here a float holds every whole number
INT_BITS = 63


class Kind(IntEnum):
    """What the values of a column are; the numbers are written and never change their meaning."""

    INT = 0
    FLOAT = 1
    BOOL = 2
    TEXT = 3


KINDS: dict[type, Kind] = {int: Kind.INT, float: Kind.FLOAT, bool: Kind.BOOL, str: Kind.TEXT}


def pack_column(kind: Kind, values: Sequence[Value | None]) -> bytes:
    """One column; `values` has at least one that is not None, all of the kind's type."""
    present = [value for value in values if value is not None]
    marks, holes = 0, b""
    if len(present) < len(values):
        marks, holes = HOLES, _pack_holes(values)
    if present.count(present[0]) == len(present) and not _has_minus_zero(kind, present):
        marks |= CONSTANT
        present = present[:1]
    more, body = _BODIES[kind](present)
    return bytes((kind, marks | more)) + holes + body


def unpack_column(packed: bytes, rows: int) -> list[Value | None]:
    """The values of `pack_column`, None where there was none; raises `BlobRefused`."""
    if len(packed) < 2 or packed[0] not in Kind.__members__.values():  # noqa: PLR2004
        raise BlobRefused("a column of no known kind")
    kind, marks, at = Kind(packed[0]), packed[1], 2
    places: list[int] | None = None
    if marks & HOLES:
        at += (rows + 7) // 8
        places = _unpack_holes(packed[2:at], rows)
    wanted = rows if places is None else len(places)
    values = _values(kind, marks, packed[at:])
    if marks & CONSTANT and len(values) == 1:
        values *= wanted
    if len(values) != wanted:
        raise BlobRefused("a column of another length")
    return list(values) if places is None else _spread(values, places, rows)


def _has_minus_zero(kind: Kind, values: Sequence[Value]) -> bool:
    """-0.0 equals 0.0, and is another value to us."""
    return kind is Kind.FLOAT and any(value == 0 and copysign(1, float(value)) < 0 for value in values)


def _pack_holes(values: Sequence[Value | None]) -> bytes:
    bits = sum(1 << at for at, value in enumerate(values) if value is not None)
    return bits.to_bytes((len(values) + 7) // 8, "little")


def _unpack_holes(packed: bytes, rows: int) -> list[int]:
    bits = int.from_bytes(packed, "little")
    if bits >> rows:
        raise BlobRefused("a value beyond the last row")
    return [at for at in range(rows) if bits >> at & 1]


def _spread(values: Sequence[Value], places: Sequence[int], rows: int) -> list[Value | None]:
    spread: list[Value | None] = [None] * rows
    for at, value in zip(places, values, strict=True):
        spread[at] = value
    return spread


def _pack_whole(numbers: Sequence[int]) -> tuple[int, bytes]:
    steps = [after - before for before, after in pairwise(numbers)]
    if sum(map(abs, steps)) < sum(map(abs, numbers[1:])):
        return 0, pack_varints([numbers[0], *steps])
    return PLAIN, pack_varints(numbers)


def _pack_ints(values: Sequence[Value]) -> tuple[int, bytes]:
    numbers = [int(value) for value in values]
    if not -(2**INT_BITS) <= min(numbers) <= max(numbers) < 2**INT_BITS:
        raise ValueError("a whole number beyond 64 bits")
    return _pack_whole(numbers)


def _pack_floats(values: Sequence[Value]) -> tuple[int, bytes]:
    floats = [float(value) for value in values]
    decimals = decimals_of(floats)
    if decimals is None:
        raw = struct.pack(f"<{len(floats)}d", *floats)
        return EXACT, b"".join(raw[weight::8] for weight in range(8))
    marks, body = _pack_whole([round(value * 10**decimals) for value in floats])
    return marks, bytes((decimals,)) + body


def _pack_texts(values: Sequence[Value]) -> tuple[int, bytes]:
    texts = list(dict.fromkeys(str(value) for value in values))
    number = {text: at for at, text in enumerate(texts)}
    encoded = [text.encode() for text in texts]
    table = pack_lengths([len(texts), *map(len, encoded)]) + b"".join(encoded)
    return 0, table + pack_varints(number[str(value)] for value in values)


_BODIES = {Kind.INT: _pack_ints, Kind.BOOL: _pack_ints, Kind.FLOAT: _pack_floats, Kind.TEXT: _pack_texts}


def decimals_of(floats: Sequence[float]) -> int | None:
    """How many decimals write these floats without loss; None if that is more than six, or one is too large.

    >>> decimals_of([0.5, 12.25]), decimals_of([1 / 3]), decimals_of([-0.0])
    (2, None, None)
    """
    decimals, power = 0, 1
    for value in floats:
        while not _fits(value, power):
            decimals, power = decimals + 1, power * 10
            if decimals > DECIMALS_MAX:
                return None
    fits = all(_fits(value, power) for value in floats) and not _has_minus_zero(Kind.FLOAT, floats)
    return decimals if fits else None


def _fits(value: float, power: int) -> bool:
    return abs(value) * power < WHOLE_MAX and round(value * power) / power == value


def _values(kind: Kind, marks: int, body: bytes) -> list[Value]:
    if kind is Kind.TEXT:
        return list(_texts(body))
    if kind is Kind.FLOAT:
        return list(_floats(marks, body))
    numbers = _whole(marks, body)
    return [number != 0 for number in numbers] if kind is Kind.BOOL else list(numbers)


def _whole(marks: int, body: bytes) -> list[int]:
    numbers = unpack_varints(body)
    return numbers if marks & PLAIN else list(accumulate(numbers))


def _floats(marks: int, body: bytes) -> list[float]:
    if marks & EXACT:
        count, rest = divmod(len(body), 8)
        if rest:
            raise BlobRefused("a column of floats is cut")
        raw = bytearray(len(body))
        for weight in range(8):
            raw[weight::8] = body[weight * count : (weight + 1) * count]
        return list(struct.unpack(f"<{count}d", raw))
    if not body or body[0] > DECIMALS_MAX:
        raise BlobRefused("a column of floats without its decimals")
    power = 10 ** body[0]
    return [number / power for number in _whole(marks, body[1:])]


def _texts(body: bytes) -> list[str]:
    count, at = read_length(body, 0)
    if count > len(body):
        raise BlobRefused("more texts than bytes")
    lengths = []
    for _ in range(count):
        length, at = read_length(body, at)
        lengths.append(length)
    texts = []
    for length in lengths:
        texts.append(body[at : at + length])
        at += length
    try:
        whole = [text.decode() for text in texts]
        return [whole[number] if number >= 0 else whole[count] for number in unpack_varints(body[at:])]
    except (UnicodeDecodeError, IndexError) as error:
        raise BlobRefused("a text that is none") from error
