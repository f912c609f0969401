"""The lines of one file -> events. No I/O: the caller reads, this decides what is in it.

A block of lines is searched whole. Only lines that are hit are cut out, decoded, decided by `re` and
folded; the others are never an object. What belongs to a record that is not complete yet is kept and
searched again with what follows, and `position` stays before it: after a crash those lines are read again, so
that nothing is lost and nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from agent.logs.blocks import Block
from agent.logs.bursts import clip_line
from agent.logs.decode import RawLine, Splitter, decode_lines
from agent.logs.judging import Batch, Folded, Place, Taken
from agent.logs.records import cut_records
from agent.logs.rules import SourceRules
from agent.logs.scan import HitLine
from agent.settings.encoding import Encoding
from agent.spool.port import Cursor
from wire.limits import CONTEXT_LINES_BEFORE
from wire.messages import Gap, GapCause, RecordEnd


class Segment(NamedTuple):
    """One record in a block: bytes `at` to `end` (behind its last line end), after `first` other lines."""

    at: int
    end: int
    first: int
    lines: int
    ended_by: RecordEnd
    ranks: list[int]


class Sifter:
    """Holds the unfinished record of one file and the lines before it."""

    def __init__(self, rules: SourceRules, encoding: Encoding, position: int, line_number: int) -> None:
        self._rules = rules
        self.encoding = encoding  # may be exchanged
        self._recent: list[str] = []
        self._folded = Folded(rules)
        self._gaps: list[Gap] = []
        self._pending: Block | None = None
        self.position = position  # after the last complete record
        self.line_number = line_number  # lines before `position`
        self.undecodable = 0
        self.nuls = 0

    @property
    def waits(self) -> bool:
        """Whether a record is not complete yet."""
        return self._pending is not None

    def prime(self, lines: list[RawLine]) -> None:
        """Lines that stand before the position: context for what comes first."""
        texts = decode_lines(self.encoding, lines).texts
        self._recent = [clip_line(text) for text in texts[-CONTEXT_LINES_BEFORE:]]

    def feed(self, place: Place, splitter: Splitter, chunk: bytes, now: datetime) -> None:
        """Sift the lines that `chunk` completes."""
        start = splitter.line_start
        plain = splitter.feed_plain(chunk)
        if plain is not None:
            self._take(place, Block(start, plain), now)
        else:
            self.take(place, splitter.feed(chunk), now)

    def take(self, place: Place, lines: list[RawLine], now: datetime) -> None:
        """Sift complete lines that were cut one by one."""
        if not lines:
            return
        texts, undecodable = decode_lines(self.encoding, lines)
        self.undecodable += undecodable
        self.nuls += sum(line.nuls for line in lines)
        self._take(place, Block.of_lines(lines[0].start, lines, texts), now)
        self._gaps += [_cut_gap(place.cursor, line, now) for line in lines if line.lost]

    def end(self, place: Place, ended_by: RecordEnd, now: datetime) -> None:
        """Take the unfinished record as complete."""
        block, self._pending = self._pending, None
        if block is None:
            return
        batch = Batch(self._rules, self._folded, place, block, self._recent, self.line_number, now)
        ranks = [rank for hit in self._rules.scanner.hits(block.text) for rank in hit.ranks]
        if ranks:
            batch.judge(0, len(block.text), 0, block.count(), ended_by, ranks)
        self._pass(block, len(block.text))

    def drain(self) -> Taken:
        """What was found since the last call, equal things folded."""
        folded, self._folded = self._folded, Folded(self._rules)
        gaps, self._gaps = self._gaps, []
        return Taken(folded.bursts.events(), folded.unknowns.errors(), gaps)

    @property
    def found(self) -> int:
        """How many events and unknown errors `drain` would give."""
        return len(self._folded.bursts) + len(self._folded.unknowns)

    def _take(self, place: Place, new: Block, now: datetime) -> None:
        if not new:
            return
        block = new if self._pending is None else self._pending.joined(new)
        batch = Batch(self._rules, self._folded, place, block, self._recent, self.line_number, now)
        if self._rules.cutting.start is None:
            index = last = 0
            for at, stop, ranks in self._rules.scanner.hits(block.text):
                index += block.text.count(b"\n", last, at)
                last = at
                batch.judge(at, stop + 1, index, 1, RecordEnd.LINE, ranks)
            self._pass(block, len(block.text))
        else:
            segments, end = self._segments(block)
            for segment in segments:
                batch.judge(*segment)
            self._pass(block, end)

    def _segments(self, block: Block) -> tuple[list[Segment], int]:
        """Complete records with something nominated, and the offset up to which records are complete."""
        text, lines, cutting = block.text, block.read_all(), self._rules.cutting
        sizes = None if len(text) < cutting.max_bytes else [len(line.encode("utf-8", "replace")) for line in lines]
        spans, first = cut_records(lines, sizes, cutting)
        hits = self._placed(block)
        hit = next(hits, None)
        segments: list[Segment] = []
        for span in spans:
            if hit is None:
                break
            ranks: list[int] = []
            at = -1
            while hit is not None and hit[0] < span.first + span.lines:
                at = block.back(hit[1].at, hit[0] - span.first) if at < 0 else at
                ranks += hit[1].ranks
                hit = next(hits, None)
            if ranks:
                segments.append(Segment(at, block.forward(at, span.lines), *span, ranks))
        return segments, block.back(len(text), len(lines) - first)

    def _placed(self, block: Block) -> Iterator[tuple[int, HitLine]]:
        """Hit lines with their place among the lines of the block."""
        index = last = 0
        for hit in self._rules.scanner.hits(block.text):
            index += block.text.count(b"\n", last, hit.at)
            last = hit.at
            yield index, hit

    def _pass(self, block: Block, end: int) -> None:
        """The block is done up to offset `end`; what is left is pending."""
        passed = block.text.count(b"\n", 0, end)
        start = block.back(end, CONTEXT_LINES_BEFORE)
        recent = block.between(start, end)
        self._recent = [*self._recent, *map(clip_line, recent)][-CONTEXT_LINES_BEFORE:]
        self._pending = block.rest(end, passed) if end < len(block.text) else None
        self.position = block.end if self._pending is None else self._pending.start
        self.line_number += passed


def _cut_gap(cursor: Cursor, line: RawLine, now: datetime) -> Gap:
    return Gap(
        cause=GapCause.OVERSIZED,
        source=clip_line(cursor.path),
        noticed_at=now,
        until=now,
        from_byte=line.end - line.lost,
        bytes_lost=line.lost,
        detail="a line is longer than the limit and was cut",
    )
