"""Clocks as they are stored and shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.sla.history import Cycle, Reading, read_cycle
from collector.sla.plan import Metric
from collector.sla.working_time import WorkingTime

DEFAULT_CALENDAR = "kr"  # until somebody names another


@dataclass(frozen=True)
class Shelved:
    """A calendar of the database; `id` is the row of this version."""

    id: int
    working: WorkingTime


@dataclass(frozen=True)
class CalendarLine:
    """A calendar in use, as a list shows it."""

    id: int
    name: str
    version: str
    zone: str
    since: str
    until: str
    provisional_days: int
    imported_at: datetime
    imported_by: str
    is_default: bool
    sites: int


@dataclass(frozen=True)
class TicketFacts:
    """What clocks need of a ticket."""

    id: int
    number: str
    site_id: str
    kind: str
    status: str
    level: int
    clock_start_at: datetime
    calendar: str | None  # of its site


@dataclass(frozen=True)
class StepLine:
    """One line of the history as it is shown."""

    at: datetime
    written_at: datetime
    act: str
    cause: str
    actor: str
    reason: str | None
    message: str | None
    target: str | None
    due_at: datetime | None


@dataclass(frozen=True)
class Kept:
    """The row of one cycle, as far as it is no mere sum of the history."""

    warned: int = 0
    breached_at: datetime | None = None
    excused_at: datetime | None = None
    excused_by: str | None = None
    excuse: str | None = None


@dataclass(frozen=True)
class CycleView:
    """One cycle with what it comes to now."""

    metric: Metric
    cycle: Cycle
    reading: Reading
    kept: Kept

    @classmethod
    def of(cls, metric: Metric, cycle: Cycle, now: datetime, kept: Kept) -> CycleView:
        """The cycle as it stands now."""
        return cls(metric, cycle, read_cycle(cycle, now), kept)


@dataclass(frozen=True)
class ClockView:
    """One clock with all its cycles, the oldest first, and its history."""

    metric: Metric
    cycles: tuple[CycleView, ...]
    steps: tuple[StepLine, ...]

    @property
    def newest(self) -> CycleView:
        """The cycle that runs, or ran last."""
        return self.cycles[-1]


@dataclass(frozen=True)
class Difference:
    """A row that is not what the history comes to."""

    number: str
    metric: str
    cycle: int
    column: str
    kept: str
    computed: str
