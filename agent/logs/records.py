"""Lines -> records. A record is one line, or a start line with what follows until the next start.

A record that has no following start ends by silence (nothing more was written for a while), by size, or
because its file will not grow any more. What follows a record that ended by silence or size, without being a
start itself, is a record of its own: nothing is left unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from agent.logs.decode import RawLine
from agent.settings.model import RecordRule
from wire.catalogue.dialect import compile_pattern, find_problem
from wire.limits import LINE_BYTES
from wire.messages import RecordEnd
from wire.sentence import Sentence


class RecordRefused(Exception):
    """The pattern of a record's start cannot be used."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class Entry(NamedTuple):
    """One decoded line, its number in the file (from 1), and the ranks of the codes that may match it."""

    line: RawLine
    text: str
    number: int
    nominated: frozenset[int] | set[int]


class Record(NamedTuple):
    """A complete record: a slice of the entries that were given, and why it is complete."""

    entries: Sequence[Entry]
    ended_by: RecordEnd


@dataclass(frozen=True)
class Cutting:
    """How one source's lines become records; without `start` each line is one."""

    start: re.Pattern[str] | None = None
    silence: timedelta = timedelta(0)
    max_lines: int = 1
    max_bytes: int = LINE_BYTES

    @classmethod
    def by_rule(cls, rule: RecordRule | None) -> Cutting:
        """From the settings; raises `RecordRefused`."""
        if rule is None:
            return cls()
        problem = find_problem(rule.start)
        if problem:
            raise RecordRefused(problem)
        return cls(compile_pattern(rule.start), timedelta(seconds=rule.silence_s), rule.max_lines)


@dataclass
class RecordCutter:
    """Collects the lines of the record that is not complete yet."""

    cutting: Cutting
    pending: list[Entry] = field(default_factory=list)
    _bytes: int = 0

    def add(self, entries: Sequence[Entry]) -> Iterator[Record]:
        """The records that `entries` complete, in order."""
        start = self.cutting.start
        if start is None:
            for entry in entries:
                yield Record((entry,), RecordEnd.LINE)
            return
        for entry in entries:
            if self.pending and start.search(entry.text):
                yield self._complete(RecordEnd.NEXT)
            self.pending.append(entry)
            self._bytes += len(entry.line.raw)
            if len(self.pending) >= self.cutting.max_lines or self._bytes >= self.cutting.max_bytes:
                yield self._complete(RecordEnd.SIZE)

    def end(self, ended_by: RecordEnd) -> Record | None:
        """The pending record, taken as complete."""
        return self._complete(ended_by) if self.pending else None

    def _complete(self, ended_by: RecordEnd) -> Record:
        record = Record(self.pending, ended_by)
        self.pending, self._bytes = [], 0
        return record
