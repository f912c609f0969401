"""Names of WAL segments, and whether a row of them is without a hole. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

SEGMENT: Final = re.compile(r"[0-9A-F]{24}(\.partial)?|[0-9A-F]{8}\.history")
PARTIAL: Final = ".partial"  # the beginning of one
_LSN_BITS: Final = 32


def position_of(lsn: str) -> int:
    """A position in the WAL as a number of bytes.

    >>> position_of("1/A0")
    4294967456
    """
    high, _, low = lsn.partition("/")
    return (int(high, 16) << _LSN_BITS) + int(low, 16)


def segment_name(timeline: int, position: int, segment_bytes: int) -> str:
    """The segment that holds the byte before `position`: up to there it is needed.

    >>> segment_name(1, position_of("0/2000100"), 16 << 20)
    '000000010000000000000002'
    >>> segment_name(2, position_of("1/0"), 16 << 20)
    '0000000200000000000000FF'
    """
    number = max(0, position - 1) // segment_bytes
    each = (1 << _LSN_BITS) // segment_bytes
    return f"{timeline:08X}{number // each:08X}{number % each:08X}"


def missing_segments(present: Collection[str], timeline: int, first: int, last: int, segment_bytes: int) -> list[str]:
    """What is needed for everything from position `first` to `last`, and is neither there whole nor begun.

    >>> missing_segments({"000000010000000000000001", "000000010000000000000003.partial"}, 1, 100, 48 << 20, 16 << 20)
    ['000000010000000000000000', '000000010000000000000002']
    """
    begin, end = max(0, first - 1) // segment_bytes, max(0, last - 1) // segment_bytes
    names = [segment_name(timeline, number * segment_bytes + 1, segment_bytes) for number in range(begin, end + 1)]
    return [name for name in names if name not in present and f"{name}{PARTIAL}" not in present]
