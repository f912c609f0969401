"""One open log: reads a chunk at a time, notices truncation, and knows how far it is.

The descriptor stays open across a rename, so that a rotated file is read to its end whatever its name
is by then. Each step reads first and looks at size and head afterwards: when the head is no longer that
of our file, the bytes just read may be of the new content, and are thrown away.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from agent.logs.cursor import HEAD_BYTES, Happened, Seen, decide, lengthen_head, restart
from agent.logs.decode import Splitter
from agent.logs.gaps import cut_gap
from agent.logs.rules import SourceRules
from agent.logs.sift import Place, Sifter, Taken
from agent.spool.port import Cursor
from wire.messages import Event, Gap, RecordEnd

CHUNK_BYTES: Final = 262_144  # of one file in one turn, so that several files are served fairly
PRIME_BYTES: Final = 16_384  # read back at opening, for the context of the first event


@dataclass
class Step:
    """What one step yielded. `more` says that there is more to read at once."""

    events: list[Event] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    more: bool = False
    truncated: Cursor | None = None  # how far the file was read before it was cut

    def add(self, taken: Taken) -> None:
        """Append what a sifter took."""
        self.events += taken.events
        self.gaps += taken.gaps


class Tail:
    """One file, open. `cursor` is what may be stored: it stands before whatever is not complete."""

    def __init__(self, descriptor: int, rules: SourceRules, cursor: Cursor, now: datetime) -> None:
        self.descriptor = descriptor
        self.cursor = cursor
        self.is_rotated = False
        self.grown_at = now
        self.mtime_ns = os.fstat(descriptor).st_mtime_ns
        self._size = cursor.position
        self._head = os.pread(descriptor, HEAD_BYTES, 0)
        self._looked: tuple[int, int] | None = None  # size and mtime at the last step that found nothing to do
        self._begin(rules)

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.cursor.device, self.cursor.inode

    @property
    def undecodable(self) -> int:
        """Bytes that were no text in the source's encoding."""
        return self._sifter.undecodable

    def change_rules(self, rules: SourceRules) -> None:
        """Go on by new rules: what is not complete is read again by them."""
        self._begin(rules)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)

    def is_unlinked(self) -> bool:
        """Whether no name leads to the file any more."""
        return os.fstat(self.descriptor).st_nlink == 0

    def step(self, now: datetime) -> Step:
        """Read and sift at most one chunk; raises `OSError` when the file cannot be read."""
        step = Step()
        seen_at = os.fstat(self.descriptor)
        if (seen_at.st_size, seen_at.st_mtime_ns) == self._looked:
            self._end_by_silence(step, now)
            return step
        chunk = os.pread(self.descriptor, CHUNK_BYTES, self._splitter.read_to)
        seen = self._look()
        happened = decide(replace(self.cursor, position=self._splitter.read_to), seen)
        if happened is Happened.TRUNCATED:
            self._restart(step, seen, now)
            return step
        self.cursor = lengthen_head(self.cursor, seen)
        self._head, self._size = seen.head, max(seen.size, self._size)
        if chunk:
            self._feed(step, chunk, now)
        else:
            self._looked = (seen_at.st_size, seen_at.st_mtime_ns)
            self._end_by_silence(step, now)
        return step

    def finish(self, now: datetime) -> Step:
        """The file will not grow any more: take what is unfinished as it is."""
        step = Step()
        self._flush(step, now)
        return step

    def silence_left(self, now: datetime) -> timedelta | None:
        """How long until the pending record ends by silence; None when nothing is pending."""
        if not self._sifter.waits:
            return None
        return max(timedelta(0), self._rules.cutting.silence - (now - self.grown_at))

    def _begin(self, rules: SourceRules) -> None:
        self._rules = rules
        self._encoding = rules.encoding.for_head(self._head)
        self._splitter = Splitter(self._encoding, self.cursor.position)
        self._sifter = Sifter(rules, self._encoding, self.cursor.position, self.cursor.line_number)
        self._looked = None
        self._prime()

    def _prime(self) -> None:
        """Context for the first event: the lines that end at the position."""
        start = max(0, self.cursor.position - PRIME_BYTES)
        start += start % self._encoding.unit
        before = os.pread(self.descriptor, self.cursor.position - start, start)
        lines = Splitter(self._encoding, start).feed(before)
        self._sifter.prime(lines if start == 0 else lines[1:])  # the first is most likely half a line

    def _look(self) -> Seen:
        status = os.fstat(self.descriptor)
        self.mtime_ns = status.st_mtime_ns
        head = os.pread(self.descriptor, HEAD_BYTES, 0)
        return Seen(status.st_dev, status.st_ino, status.st_size, head)

    def _feed(self, step: Step, chunk: bytes, now: datetime) -> None:
        if self._splitter.read_to == 0:  # an empty file had no byte order mark yet
            self._begin(self._rules)
        step.add(self._sifter.take(self._place(), self._splitter.feed(chunk), now))
        self.grown_at = now
        self._advance()
        step.more = self._splitter.read_to < self._size

    def _end_by_silence(self, step: Step, now: datetime) -> None:
        self.grown_at = min(self.grown_at, now)  # the clock was set back
        if self._sifter.waits and now - self.grown_at >= self._rules.cutting.silence:
            step.add(self._sifter.end(self._place(), RecordEnd.SILENCE, now))
            self._advance()

    def _restart(self, step: Step, seen: Seen, now: datetime) -> None:
        """Cut, or overwritten from its start: what we hold is taken, the unread rest is a gap."""
        self._flush(step, now)
        step.truncated = self.cursor
        step.gaps.append(cut_gap(self.cursor, self._size, self.grown_at, now))
        self.cursor = restart(self.cursor, seen)
        self._head, self._size, self.grown_at = seen.head, seen.size, now
        self._begin(self._rules)
        step.more = True

    def _flush(self, step: Step, now: datetime) -> None:
        rest = self._splitter.rest()
        if rest:
            step.add(self._sifter.take(self._place(), [rest], now))
        step.add(self._sifter.end(self._place(), RecordEnd.EOF, now))
        self._advance()

    def _place(self) -> Place:
        return Place(self.cursor, self._head)

    def _advance(self) -> None:
        position, line_number = self._sifter.position, self._sifter.line_number
        if position != self.cursor.position:
            self.cursor = replace(self.cursor, position=position, line_number=line_number)
