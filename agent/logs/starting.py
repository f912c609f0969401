"""Where the reading of a file begins that was never read before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from agent.logs.cursor import Seen, begin
from agent.logs.decode import Splitter
from agent.logs.opened import OpenLog
from agent.logs.rules import SourceRules
from agent.settings.encoding import Encoding
from agent.spool.port import Cursor

BLOCK_BYTES: Final = 1_048_576
LAST_LINE_BYTES: Final = 65_536  # how far back the start of an unfinished last line is looked for
COUNTED_BYTES_MAX: Final = 2**30  # half a second of counting; beyond that numbers start at the position


def first_cursor(rules: SourceRules, path: str, log: OpenLog, seen: Seen, *, is_first_start: bool) -> Cursor:
    """A file that appears later is read from its beginning; one that was there first, as the source says."""
    cursor = begin(rules.source.name, path, seen)
    if not is_first_start:
        return cursor
    if rules.source.start == "beginning":
        return replace(cursor, history_until=seen.size)
    encoding = rules.encoding.for_head(seen.head)
    size = seen.size if log.will_grow() else _unpacked_bytes(log)
    position = _last_line_start(log, size, encoding)
    return replace(cursor, position=position, line_number=_count_lines(log, position, encoding))


def _last_line_start(log: OpenLog, size: int, encoding: Encoding) -> int:
    """The end of the file, or where its last line began when that is not finished: it will be, while we look."""
    start = max(0, size - LAST_LINE_BYTES)
    start += start % encoding.unit
    lines = Splitter(encoding, start).feed(log.read(size - start, start))
    return lines[-1].end if lines else (size if start else 0)


def _count_lines(log: OpenLog, position: int, encoding: Encoding) -> int:
    if position > COUNTED_BYTES_MAX:
        return 0
    if encoding.unit == 1:
        return sum(block.count(b"\n") for block in _blocks(log, position))
    splitter = Splitter(encoding)
    return sum(len(splitter.feed(block)) for block in _blocks(log, position))


def _unpacked_bytes(log: OpenLog) -> int:
    size = 0
    while block := log.read(BLOCK_BYTES, size):
        size += len(block)
    return size


def _blocks(log: OpenLog, position: int) -> Iterator[bytes]:
    for start in range(0, position, BLOCK_BYTES):
        yield log.read(min(BLOCK_BYTES, position - start), start)
