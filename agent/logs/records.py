"""Lines -> records. A record is one line, or a start line with what follows until the next start.

A start is what the settings' expression matches, or what does not go on a stack trace (`languages.py`).

A record that has no following start ends by silence (nothing more was written for a while), by size, or
because its file will not grow any more. What follows a record that ended by silence or size, without being a
start itself, is a record of its own: nothing is left unread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from agent.logs.languages import LANGUAGES, Language, find_starts
from agent.settings.model import RecordRule
from wire.catalogue.dialect import compile_pattern, find_problem
from wire.limits import LINE_BYTES
from wire.messages import RecordEnd
from wire.sentence import Sentence

SILENCE_S: Final = 0.15  # as in the settings
LINES_MAX: Final = 500


class RecordRefused(Exception):
    """The pattern of a record's start cannot be used."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True)
class Cutting:
    """How one source's lines become records; without `start` each line is one."""

    start: re.Pattern[str] | Language | None = None
    silence: timedelta = timedelta(0)
    max_lines: int = 1
    max_bytes: int = LINE_BYTES

    @classmethod
    def by_rule(cls, rule: RecordRule | str | None) -> Cutting:
        """From the settings, where a text is the name of a language; raises `RecordRefused`."""
        if rule is None:
            return cls()
        if isinstance(rule, str):
            return cls(LANGUAGES[rule], timedelta(seconds=SILENCE_S), LINES_MAX)
        problem = find_problem(rule.start)
        if problem:
            raise RecordRefused(problem)
        return cls(compile_pattern(rule.start), timedelta(seconds=rule.silence_s), rule.max_lines)

    def starts(self, lines: Sequence[str]) -> list[int]:
        """The places of the lines that begin a record."""
        if isinstance(self.start, Language):
            return find_starts(self.start, lines)
        return [at for at, line in enumerate(lines) if self.start is None or self.start.search(line)]


class Span(NamedTuple):
    """A complete record: its first line's place, how many lines it has, and why it is complete."""

    first: int
    lines: int
    ended_by: RecordEnd


def cut_records(lines: Sequence[str], sizes: Sequence[int] | None, cutting: Cutting) -> tuple[list[Span], int]:
    """The complete records of `lines`, and the place of the first line that belongs to none yet.

    `sizes` are the lines' bytes; None when all together are below the limit. The first line begins a record.
    """
    if cutting.start is None:
        return [Span(at, 1, RecordEnd.LINE) for at in range(len(lines))], len(lines)
    spans: list[Span] = []
    first = 0
    for start in cutting.starts(lines):
        if start > first:
            first = _cut_by_size(first, start, sizes, cutting, spans)
            if start > first:
                spans.append(Span(first, start - first, RecordEnd.NEXT))
        first = start
    return spans, _cut_by_size(first, len(lines), sizes, cutting, spans)


def _cut_by_size(first: int, end: int, sizes: Sequence[int] | None, cutting: Cutting, spans: list[Span]) -> int:
    """Cut full records off the lines from `first` to `end`; where the last, which is not full, begins."""
    held = 0
    for at in range(first, end) if sizes is not None else ():
        held += sizes[at] if sizes is not None else 0
        if at + 1 - first >= cutting.max_lines or held >= cutting.max_bytes:
            spans.append(Span(first, at + 1 - first, RecordEnd.SIZE))
            first, held = at + 1, 0
    while sizes is None and end - first >= cutting.max_lines:
        spans.append(Span(first, cutting.max_lines, RecordEnd.SIZE))
        first += cutting.max_lines
    return first
