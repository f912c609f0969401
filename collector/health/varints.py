r"""Whole numbers in as few bytes as they need: seven bits a byte, the smallest first; zigzag folds the sign in.

>>> pack_varints([0, -1, 1, 300])
b'\x00\x01\x02\xd8\x04'
>>> unpack_varints(b'\x00\x01\x02\xd8\x04')
[0, -1, 1, 300]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collector.health.model import BlobRefused

BITS_MAX = 70  # ten bytes: any 64-bit number and its sign


def pack_varints(numbers: Iterable[int]) -> bytes:
    """Signed numbers, one after the other."""
    folded = [number << 1 if number >= 0 else ~(number << 1) for number in numbers]
    if not folded or max(folded) < 128:  # noqa: PLR2004  # the usual column: one byte each, without a loop
        return bytes(folded)
    packed = bytearray()
    for number in folded:
        rest = number
        while rest > 127:  # noqa: PLR2004
            packed.append(rest & 127 | 128)
            rest >>= 7
        packed.append(rest)
    return bytes(packed)


def unpack_varints(packed: bytes) -> list[int]:
    """The numbers of `pack_varints`; raises `BlobRefused` for a number without an end or beyond 64 bits."""
    if packed.isascii():
        return [byte >> 1 ^ -(byte & 1) for byte in packed]
    numbers, number, shift = [], 0, 0
    for byte in packed:
        number |= (byte & 127) << shift
        if byte > 127:  # noqa: PLR2004
            shift += 7
            if shift >= BITS_MAX:
                raise BlobRefused("a number is too long")
            continue
        numbers.append(number >> 1 ^ -(number & 1))
        number = shift = 0
    if shift:
        raise BlobRefused("the last number has no end")
    return numbers


def read_length(packed: bytes, at: int) -> tuple[int, int]:
    """One unsigned number at `at`, and where the next byte stands; raises `BlobRefused`."""
    number = shift = 0
    while at < len(packed) and shift < 35:  # noqa: PLR2004  # lengths have 32 bits
        byte = packed[at]
        number |= (byte & 127) << shift
        at += 1
        if byte < 128:  # noqa: PLR2004
            return number, at
        shift += 7
    raise BlobRefused("a length has no end")


def pack_lengths(lengths: Sequence[int]) -> bytes:
    """Unsigned numbers, one after the other."""
    packed = bytearray()
    for length in lengths:
        rest = length
        while rest > 127:  # noqa: PLR2004
            packed.append(rest & 127 | 128)
            rest >>= 7
        packed.append(rest)
    return bytes(packed)
