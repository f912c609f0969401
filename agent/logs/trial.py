"""A catalogue run over one log as it lies: every line is a record, nothing is folded, nothing is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.logs.decode import RawLine, Splitter, decode_lines
from agent.logs.scan import Found, Scanner
from agent.settings.encoding import Encoding


class Hit(NamedTuple):
    """A line that is a code; `line_number` counts from 1."""

    line_number: int
    text: str
    found: Found


@dataclass
class Tally:
    """What a trial saw, over all files."""

    files: int = 0
    lines: int = 0
    hits: int = 0
    codes: set[int] = field(default_factory=set)
    bytes_read: int = 0
    undecodable: int = 0
    nuls: int = 0
    lines_cut: int = 0


def try_log(scanner: Scanner, encoding: Encoding, chunks: Iterable[bytes], tally: Tally) -> Iterator[Hit]:
    """Every hit in the log whose bytes are `chunks`, in order; counts into `tally` as it goes."""
    splitter: Splitter | None = None
    line_number = 0
    for chunk in chunks:
        if splitter is None:
            encoding = encoding.for_head(chunk)
            splitter = Splitter(encoding)
        tally.bytes_read += len(chunk)
        lines = splitter.feed(chunk)
        yield from _hits(scanner, encoding, lines, line_number, tally)
        line_number += len(lines)
    rest = splitter.rest() if splitter else None
    if rest:
        yield from _hits(scanner, encoding, [rest], line_number, tally)


def _hits(scanner: Scanner, encoding: Encoding, lines: list[RawLine], before: int, tally: Tally) -> Iterator[Hit]:
    texts, undecodable = decode_lines(encoding, lines)
    tally.lines += len(lines)
    tally.undecodable += undecodable
    tally.nuls += sum(line.nuls for line in lines)
    tally.lines_cut += sum(1 for line in lines if line.lost)
    nominated = scanner.nominate(texts)
    for at in sorted(nominated):
        found = scanner.decide([texts[at]], nominated[at])
        if found:
            tally.hits += 1
            tally.codes.add(found.code.rank)
            yield Hit(before + at + 1, texts[at], found)
