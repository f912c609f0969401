"""One open log: reads a chunk at a time, notices truncation, and knows how far it is.

The descriptor stays open across a rename, so that a rotated file is read to its end whatever its name
is by then. Each step reads first and looks at size and head afterwards: when the head is no longer that
of our file, the bytes just read may be of the new content, and are thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from agent.followed import Followed, followed
from agent.logs.cursor import Happened, Seen, decide, lengthen_head, restart
from agent.logs.decode import Splitter
from agent.logs.gaps import cut_gap
from agent.logs.guess import Recogniser
from agent.logs.judging import Place, Taken
from agent.logs.opened import OpenLog
from agent.logs.rules import SourceRules
from agent.logs.sift import Sifter
from agent.logs.unwrapping import unwrapper_for
from agent.spool.port import Cursor
from wire.messages import Event, Gap, RecordEnd, UnknownError
from wire.sentence import Sentence, sentence

CHUNK_BYTES: Final = 524_288
CHUNKS_PER_STEP: Final = 4  # of one file in one turn, so that several files are served fairly
FOUND_PER_STEP: Final = 1_000  # events and unknown errors; then the deposit comes first
RECOGNISED_BYTES: Final = 65_536  # of the beginning, where the encoding is to be found out
PRIME_BYTES: Final = 16_384  # read back at opening, for the context of the first event


@dataclass
class Step:
    """What one step yielded. `more` says that there is more to read at once."""

    events: list[Event] = field(default_factory=list)
    unknowns: list[UnknownError] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    more: bool = False
    truncated: Cursor | None = None  # how far the file was read before it was cut

    def add(self, taken: Taken) -> None:
        """Append what a sifter took."""
        self.events += taken.events
        self.unknowns += taken.unknowns
        self.gaps += taken.gaps


class Tail:
    """One file, open. `cursor` is what may be stored: it stands before whatever is not complete."""

    def __init__(self, log: OpenLog, rules: SourceRules, cursor: Cursor, now: datetime) -> None:
        self.log = log
        self.cursor = cursor
        self.is_rotated = False
        self.grown_at = now
        self.mtime_ns = log.stamp()[1]
        self._size = cursor.position
        self._head = log.look().head
        self._looked: tuple[int, int] | None = None  # size and mtime at the last step that found nothing to do
        self._begin(rules)

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.cursor.device, self.cursor.inode

    @property
    def state(self) -> Followed:
        """Where it stands, in which encoding if that was found out, and how many bytes were no text in it."""
        encoding, count = self._encoding, self._sifter.undecodable
        told = (encoding.other or encoding.codec) if self._rules.encoding.is_guessed else ""
        problem: Sentence | None = None
        if count and encoding.is_guessed and not encoding.other:
            problem = sentence(
                "{count} bytes are in no encoding that can be told; name it in the settings", count=count
            )
        elif count:
            name = told or self._rules.source.encoding
            problem = sentence("{count} bytes are not {encoding}; is that right?", count=count, encoding=name)
        return followed(self.cursor.path, self.cursor.position, problem, encoding=told)

    @property
    def rests_at(self) -> tuple[int, int] | None:
        """Size and time of the last write at the last look, if that found nothing to do and nothing waits."""
        return None if self._sifter.waits or self._has_half_line() else self._looked

    def change_rules(self, rules: SourceRules) -> None:
        """Go on by new rules: what is not complete is read again by them."""
        self._begin(rules)

    def close(self) -> None:
        """Give the descriptor back."""
        self.log.close()

    def is_unlinked(self) -> bool:
        """Whether no name leads to the file any more."""
        return self.log.is_unlinked()

    def step(self, now: datetime) -> Step:
        """Read and sift some chunks at most; raises `OSError` when the file cannot be read.

        Several chunks are one step, so that what repeats in a long backlog is one event.
        """
        step = Step()
        self._read_on(step, now)
        for _ in range(CHUNKS_PER_STEP - 1):
            if not step.more or step.truncated or self._sifter.found >= FOUND_PER_STEP:
                break
            try:
                self._read_on(step, now)
            except OSError:  # the next step meets it first thing; what was found until here is not lost
                break
        step.add(self._sifter.drain())
        return step

    def _read_on(self, step: Step, now: datetime) -> None:
        stamp = self.log.stamp()
        if stamp == self._looked:
            self._end_by_silence(now)
            return
        chunk = self.log.read(CHUNK_BYTES, self._splitter.read_to)
        seen = self._look()
        happened = decide(replace(self.cursor, position=self._splitter.read_to), seen)
        if happened is Happened.TRUNCATED:
            self._restart(step, seen, now)
            return
        self.cursor = lengthen_head(self.cursor, seen)
        self._head, self._size = seen.head, max(seen.size, self._size)
        if chunk:
            self._feed(step, chunk, now)
            self._skip_hole(step, chunk)
        else:
            self._looked = stamp
            self._end_by_silence(now)

    def finish(self, now: datetime) -> Step:
        """The file will not grow any more: take what is unfinished as it is."""
        step = Step()
        self._flush(now)
        step.add(self._sifter.drain())
        return step

    def silence_left(self, now: datetime) -> timedelta | None:
        """How long until the pending record ends by silence; None when nothing is pending."""
        quiet = now - self.grown_at
        if self._sifter.waits:
            return max(timedelta(0), self._rules.cutting.silence - quiet)
        return max(timedelta(0), self._last_line - quiet) if self._has_half_line() else None

    def _begin(self, rules: SourceRules) -> None:
        self._rules = rules
        self._recogniser = Recogniser(rules.encoding.for_head(self._head))
        self._encoding = self._recogniser.see(self._read_back(0, RECOGNISED_BYTES))
        self._splitter = Splitter(self._encoding, self.cursor.position)
        self._sifter = Sifter(rules, self._encoding, self.cursor.position, self.cursor.line_number)
        self._unwrap = unwrapper_for(rules.source)
        self._last_line = timedelta(seconds=rules.source.last_line_s)
        self._tried = -1  # up to which byte the unfinished last line was tried
        self._looked = None
        self._prime()

    def _prime(self) -> None:
        """Context for the first event: the lines that end at the position."""
        start = max(0, self.cursor.position - PRIME_BYTES)
        start += start % self._encoding.unit
        before = self._read_back(start, self.cursor.position - start)
        self._recognise(before)
        lines = Splitter(self._encoding, start).feed(before)
        self._sifter.prime(lines if start == 0 else lines[1:])  # the first is most likely half a line

    def _read_back(self, start: int, size: int) -> bytes:
        """At most `size` bytes from `start`; nothing when they cannot be read: the next step meets it too."""
        try:
            return self.log.read(size, start)
        except OSError:
            return b""

    def _recognise(self, chunk: bytes) -> None:
        """Go on in the encoding that `chunk` gives away, if it does."""
        self._encoding = self._splitter.encoding = self._sifter.encoding = self._recogniser.see(chunk)

    def _look(self) -> Seen:
        self.mtime_ns = self.log.stamp()[1]
        return self.log.look()

    def _feed(self, step: Step, chunk: bytes, now: datetime) -> None:
        if self._splitter.read_to == 0:  # an empty file had no byte order mark yet
            self._begin(self._rules)
        self._recognise(chunk)
        if self._unwrap is None:
            self._sifter.feed(self._place(), self._splitter, chunk, now)
        else:
            self._sifter.take(self._place(), self._unwrap(self._splitter.feed(chunk)), now)
        self.grown_at = now
        self._advance()
        step.more = self._splitter.read_to < self._size

    def _end_by_silence(self, now: datetime) -> None:
        self.grown_at = min(self.grown_at, now)  # the clock was set back
        if self._sifter.waits and now - self.grown_at >= self._rules.cutting.silence:
            self._sifter.end(self._place(), RecordEnd.SILENCE, now)
            self._advance()
        if self._has_half_line() and not self._sifter.waits and now - self.grown_at >= self._last_line:
            self._try_half_line(now)

    def _has_half_line(self) -> bool:
        """Whether the last line has no end yet, and was not tried as it is."""
        return self._splitter.line_start < self._splitter.read_to != self._tried and self._unwrap is None

    def _try_half_line(self, now: datetime) -> None:
        """Take a last line without end if it is an event; whatever follows on it is then a line of its own.

        Otherwise it waits for its end: a logger that buffers may have written half a word.
        """
        self._tried = self._splitter.read_to
        trial = Sifter(self._rules, self._encoding, self._splitter.line_start, 0)
        trial.take(self._place(), [self._splitter.peek()], now)
        trial.end(self._place(), RecordEnd.SILENCE, now)
        line = self._splitter.rest() if trial.drain().events else None
        if line is not None:
            self._sifter.take(self._place(), [line], now)
            self._sifter.end(self._place(), RecordEnd.SILENCE, now)
            self._sifter.line_number -= 1  # its end is still to come
            self._advance()

    def _skip_hole(self, step: Step, chunk: bytes) -> None:
        """A sparse file of a terabyte holds nothing: what was never written is counted, not read."""
        if chunk[-1] or chunk.strip(b"\0"):
            return
        hole = self.log.hole_at(self._splitter.read_to)
        if hole:
            self._splitter.skip_nuls(hole)
            step.more = True

    def _restart(self, step: Step, seen: Seen, now: datetime) -> None:
        """Cut, or overwritten from its start: what we hold is taken, the unread rest is a gap."""
        self._flush(now)
        step.add(self._sifter.drain())
        step.truncated = self.cursor
        step.gaps.append(cut_gap(self.cursor, self._size, self.grown_at, now))
        self.cursor = restart(self.cursor, seen)
        self._head, self._size, self.grown_at = seen.head, seen.size, now
        self._begin(self._rules)
        step.more = True

    def _flush(self, now: datetime) -> None:
        rest = self._splitter.rest()
        if rest:
            self._sifter.take(self._place(), [rest], now)
        self._sifter.end(self._place(), RecordEnd.EOF, now)
        self._advance()

    def _place(self) -> Place:
        return Place(self.cursor, self._head)

    def _advance(self) -> None:
        position, line_number = self._sifter.position, self._sifter.line_number
        if position != self.cursor.position:
            self.cursor = replace(self.cursor, position=position, line_number=line_number)
