"""Following systemd's journal as if it were a file.

`journalctl` runs beside the agent and prints what is new; its entries become the lines of a file that exists
nowhere: positions count the bytes that were printed so far. What is stored is an ordinary cursor whose `head_hash` is
the journal's own cursor of the last entry taken, so both move in the commit that stores the events.

At a start journalctl is asked to begin *with* that entry. When it begins with another one, the journal was
vacuumed or replaced meanwhile, and what lies between is a gap with both times. Before any entry was read the
time of the first start (`generation`, in microseconds) marks the beginning (`start: end`), or everything
up to it is history (`start: beginning`).
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from agent.followed import Followed, followed
from agent.logs.decode import RawLine
from agent.logs.haul import Haul
from agent.logs.journal_entries import EPOCH, Entry, read_entry
from agent.logs.journalctl import Journalctl
from agent.logs.judging import Place
from agent.logs.rules import SourceRules
from agent.logs.sift import Sifter
from agent.logs.tail import Step
from agent.settings.model import JournalRule
from agent.spool.port import Cursor
from wire.limits import LINE_BYTES
from wire.messages import Gap, GapCause, RecordEnd
from wire.sentence import Sentence, sentence

PATH: Final = "journal"
RESTART: Final = timedelta(seconds=5)  # between two starts of a program that ends
HISTORY: Final = 2**62  # no entry has been newer than the first start yet
OUTPUT_BYTES_MAX: Final = 8 * LINE_BYTES  # of one entry: JSON writes a byte that is no text as up to four


class Program(Protocol):
    """A running journalctl."""

    def read(self) -> bytes | None:
        """What it has printed; None when it has ended."""

    def close(self) -> None:
        """End it."""


class JournalFollower:
    """The entries of one source."""

    def __init__(
        self,
        rules: SourceRules,
        stored: Iterable[Cursor],
        *,
        is_first_start: bool,  # noqa: ARG002  # without a stored cursor it is one
        start: Callable[[JournalRule, str], Program] = Journalctl,
    ) -> None:
        self.rules = rules
        self._start = start
        self._stored = next(iter(stored), None)
        self._cursor = self._stored or _first_cursor(rules)
        self._program: Program | None = None
        self._started_at: datetime | None = None
        self._awaited = ""  # the entry that the program should begin with
        self._output = bytearray()
        self._taken: deque[tuple[int, str]] = deque()  # where an entry ends, and its cursor
        self._grown_at: datetime | None = None
        self._problem: Sentence | None = None
        self._sifter = self._new_sifter()

    def turn(self, now: datetime) -> Haul:
        """Read what journalctl has printed, at most once its pipe."""
        haul, step = Haul(), Step()
        if self._program is None and not self._begin(now):
            return haul
        output = self._program.read() if self._program else None
        if output is None:
            self._end()
            return haul
        entries = self._entries(output)
        if entries:
            self._take(entries, step, now)
            self._grown_at = now
        self._end_by_silence(now)
        self._advance()
        step.add(self._sifter.drain())
        haul.add(step)
        haul.more = bool(output)
        return haul

    def moved(self) -> list[Cursor]:
        """The cursor, if it differs from what is stored."""
        return [self._cursor] if self._cursor != self._stored and self._cursor.generation else []

    def has_unknown(self) -> bool:
        """Whether nothing is stored yet."""
        return self._stored is None and self._cursor.generation > 0

    def stored(self, cursors: Sequence[Cursor], forgotten: Sequence[Cursor]) -> None:  # noqa: ARG002  # none ever is
        """A deposit was stored."""
        self._stored = cursors[-1] if cursors else self._stored

    def silence_left(self, now: datetime) -> timedelta | None:
        """Until the pending record ends."""
        if not self._sifter.waits or self._grown_at is None:
            return None
        return max(timedelta(0), self.rules.cutting.silence - (now - self._grown_at))

    def change_rules(self, rules: SourceRules) -> None:
        """Go on by new rules: what is not complete is read again by them."""
        self.rules = rules
        self.close()

    def states(self) -> list[Followed]:
        """The journal with the count of bytes read."""
        return [followed(PATH, self._cursor.position, self._problem)]

    def close(self) -> None:
        """End the program."""
        if self._program:
            self._program.close()
        self._program = None
        self._started_at = None
        self._output.clear()
        self._taken.clear()
        self._sifter = self._new_sifter()

    def _begin(self, now: datetime) -> bool:
        if self._started_at and timedelta(0) <= now - self._started_at < RESTART:
            return False
        if not self._cursor.generation:
            self._cursor = replace(self._cursor, generation=(now - EPOCH) // timedelta(microseconds=1))
        self._awaited = self._cursor.head_hash
        where = f"--cursor={self._awaited}" if self._awaited else f"--since=@{self._since_us() // 1_000_000}"
        journal = self.rules.source.journal
        self._started_at = now
        try:
            self._program = self._start(journal or JournalRule(), where)
        except OSError as error:
            self._problem = sentence("journalctl cannot be started: {reason}", reason=error.strerror or str(error))
            return False
        self._problem = None
        return True

    def _since_us(self) -> int:
        """From when on entries count before any was read."""
        return self._cursor.generation if self.rules.source.start == "end" else 0

    def _end(self) -> None:
        """It has ended by itself: started again after a while; what it said last stands in the status."""
        said = bytes(self._output[-500:]).decode("utf-8", "replace").strip()
        started_at = self._started_at
        self.close()
        self._started_at = started_at
        if said or self._problem is None:
            self._problem = sentence("journalctl has ended: {reason}", reason=said or "-")

    def _entries(self, output: bytes) -> list[Entry]:
        self._output += output
        *lines, rest = self._output.split(b"\n")
        self._output = bytearray(rest[-OUTPUT_BYTES_MAX:])
        entries: list[Entry] = []
        for line in lines:
            entry = read_entry(bytes(line))
            if entry:
                entries.append(entry)
            elif line.strip():
                said = bytes(line[:500]).decode("utf-8", "replace")
                self._problem = sentence("journalctl says: {reason}", reason=said)
        return entries

    def _take(self, entries: list[Entry], step: Step, now: datetime) -> None:
        entries = self._new_ones(entries, step, now)
        lines: list[RawLine] = []
        position = self._taken[-1][0] if self._taken else self._cursor.position
        for entry in entries:
            if self._cursor.history_until == HISTORY and entry.at_us >= self._cursor.generation:
                self._cursor = replace(self._cursor, history_until=position)
            for at, line in enumerate(entry.lines):
                end = position + len(line) + 1
                lines.append(RawLine(position, end, line, 0 if at else entry.lost))
                position = end
            self._taken.append((position, entry.cursor))
        self._sifter.take(Place(self._cursor, b""), lines, now)

    def _new_ones(self, entries: list[Entry], step: Step, now: datetime) -> list[Entry]:
        """Without those that were there first, and without the one that is known; another in its place is a gap."""
        if not self._cursor.head_hash:
            return [entry for entry in entries if entry.at_us >= self._since_us()]
        awaited, self._awaited = self._awaited, ""
        if awaited == entries[0].cursor:
            return entries[1:]
        if awaited:
            step.gaps.append(_gap(awaited, entries[0], self._cursor, now))
        return entries

    def _end_by_silence(self, now: datetime) -> None:
        if self._sifter.waits and self._grown_at and now - self._grown_at >= self.rules.cutting.silence:
            self._sifter.end(Place(self._cursor, b""), RecordEnd.SILENCE, now)

    def _advance(self) -> None:
        """The last entry that is wholly behind the sifter's position."""
        while self._taken and self._taken[0][0] <= self._sifter.position:
            position, cursor = self._taken.popleft()
            number = self._sifter.line_number if not self._taken else self._cursor.line_number
            self._cursor = replace(self._cursor, head_hash=cursor, position=position, line_number=number)

    def _new_sifter(self) -> Sifter:
        return Sifter(self.rules, self.rules.encoding, self._cursor.position, self._cursor.line_number)


def _first_cursor(rules: SourceRules) -> Cursor:
    """A cursor before anything: the journal is no file, so its identity is the source's name."""
    name = rules.source.name
    inode = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
    history = HISTORY if rules.source.start == "beginning" else 0
    return Cursor(name, PATH, 0, inode, "", 0, 0, 0, 0, history)


def _gap(awaited: str, first: Entry, cursor: Cursor, now: datetime) -> Gap:
    """Between the entry that was read last and the first that is left; both times stand in the gap."""
    known = [part[2:] for part in awaited.split(";") if part.startswith("t=")]
    try:
        since = EPOCH + timedelta(microseconds=int(known[0], 16))
    except (IndexError, ValueError, OverflowError):
        since = None
    return Gap(
        cause=GapCause.ROTATED,
        source=PATH,
        noticed_at=now,
        since=since,
        until=EPOCH + timedelta(microseconds=first.at_us),
        from_byte=cursor.position,
        detail="the journal no longer holds the entry that was read last; what followed it may be lost",
    )
