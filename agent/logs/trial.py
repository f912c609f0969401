"""A catalogue run over one log as it lies: every line is a record, nothing is folded, nothing is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.logs.blocks import Block
from agent.logs.decode import RawLine, Splitter, decode_lines
from agent.logs.guess import Recogniser
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
    unknown: int = 0  # lines that tell of an error and are no code
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
            recogniser = Recogniser(encoding.for_head(chunk))
            splitter = Splitter(recogniser.encoding)
        encoding = splitter.encoding = recogniser.see(chunk)
        tally.bytes_read += len(chunk)
        plain = splitter.feed_plain(chunk)
        block = Block(0, plain) if plain is not None else _block(encoding, splitter.feed(chunk), tally)
        yield from _hits(scanner, block, line_number, tally)
        lines = block.count()
        line_number += lines
        tally.lines += lines
    rest = splitter.rest() if splitter else None
    if rest:
        yield from _hits(scanner, _block(encoding, [rest], tally), line_number, tally)
        tally.lines += 1


def _block(encoding: Encoding, lines: list[RawLine], tally: Tally) -> Block:
    texts, undecodable = decode_lines(encoding, lines)
    tally.undecodable += undecodable
    tally.nuls += sum(line.nuls for line in lines)
    tally.lines_cut += sum(1 for line in lines if line.lost)
    return Block.of_lines(0, lines, texts)


def _hits(scanner: Scanner, block: Block, before: int, tally: Tally) -> Iterator[Hit]:
    number, last = before + 1, 0
    for at, stop, ranks in scanner.hits(block.text):
        number += block.text.count(b"\n", last, at)
        last = at
        text = block.read(at, stop)
        found = scanner.decide([text], ranks)
        if found:
            tally.hits += 1
            tally.codes.add(found.code.rank)
            yield Hit(number, text, found)
        elif scanner.severity_rank in ranks and scanner.severity_of(text):
            tally.unknown += 1
