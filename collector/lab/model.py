"""A question to the lab and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from collector.settings.model import Rules
from wire.sentence import Sentence

EVENTS_MAX = 200_000  # of one question; each is kept in no list, but its fingerprint and ticket are
DAYS_MAX = 31
RUN_S = 120.0  # for each of the two runs


@dataclass(frozen=True)
class Question:
    """What other rules would have made of the events since then at these sites; none named means all."""

    since: datetime
    sites: tuple[str, ...]
    rules: Rules


@dataclass(frozen=True)
class Outcome:
    """What came of one run."""

    events: int
    tickets: Mapping[str, int]  # by kind
    reopened: int
    recurring: int
    problems: int
    transient: int
    suppressed: int
    notices: Mapping[str, int]


@dataclass(frozen=True)
class Progress:
    """Where a run stands. `done` of `total` counts the events of both runs."""

    question: Question
    asked_at: datetime
    asked_by: str
    total: int = 0
    done: int = 0
    is_running: bool = True
    is_cut: bool = False  # there were more than `EVENTS_MAX` events
    failed: Sentence | None = None
    outcomes: tuple[Outcome, ...] = field(default=())  # with the rules in force, with the others
