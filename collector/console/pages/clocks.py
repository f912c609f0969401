"""Clocks on a ticket's page, their printable explanation, and the page of a calendar with its simulator."""

from __future__ import annotations

import calendar as months
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from collector.console.page import reader_of, render
from collector.parts import Parts
from collector.sla.calendar import DayKind
from collector.sla.clock import Deadline, Target, TargetRefused, due_at, read_target, warned_at
from collector.sla.working_time import YEAR_MAX, YEAR_MIN, OutOfReach, WorkingTime
from collector.store.database import Connection
from collector.tickets.clocks.catalogue import CalendarRefused, find_calendar, list_calendars
from collector.tickets.clocks.keeping import state_of
from collector.tickets.clocks.model import ClockView, CycleView
from collector.tickets.clocks.reading import Explained, clocks_of, explained
from collector.tickets.clocks.shelf import Shelf
from collector.tickets.search import repository as rows
from wire.sentence import Sentence, sentence

BAR = 88.0  # percent of the bar's width that the target takes


@dataclass(frozen=True)
class Stretch:
    """A time that counted, or a pause."""

    since: datetime
    until: datetime | None
    is_counted: bool

    @property
    def us(self) -> int:
        """Its length, microseconds."""
        return 0 if self.until is None else (self.until - self.since) // timedelta(microseconds=1)


@dataclass(frozen=True)
class ShownCycle:
    """One cycle with its explanation and its bar."""

    view: CycleView
    state: str  # running, paused, warned, breached, met, cancelled: icon, bar and words
    used: float  # percent of the target
    why: Explained

    @property
    def stretches(self) -> list[Stretch]:
        """What counted and what did not, in the order of time."""
        found = self.why.explanation
        counted = [Stretch(each.since, each.until, is_counted=True) for each in found.counted]
        pauses = [Stretch(each.since, each.until, is_counted=False) for each in found.pauses]
        return sorted([*counted, *pauses], key=lambda each: each.since)

    @property
    def total_us(self) -> int:
        """What all of it comes to."""
        return sum(each.us for each in self.stretches if each.is_counted)

    @property
    def bar(self) -> float:
        """How far the bar reaches."""
        return min(self.used, 110.0) * BAR / 100


@dataclass(frozen=True)
class ShownClock:
    """One clock, the newest cycle first."""

    clock: ClockView
    cycles: list[ShownCycle]


def shown_clocks(connection: Connection, ticket_id: int, now: datetime) -> list[ShownClock]:
    """The clocks of a ticket as the page shows them: those that run first, the nearest deadline at the top."""
    found = [
        ShownClock(clock, [_shown(view, now) for view in reversed(clock.cycles)])
        for clock in clocks_of(connection, ticket_id, now)
    ]
    return sorted(found, key=_urgency)


def _urgency(shown: ShownClock) -> tuple[bool, datetime]:
    view = shown.clock.newest
    return not view.cycle.is_open, view.reading.deadline.due or datetime.max.replace(tzinfo=UTC)


def _shown(view: CycleView, now: datetime) -> ShownCycle:
    used = 100 * view.reading.active_us / max(1, view.reading.deadline.target_us)
    state = state_of(view.cycle)
    if view.reading.breached_at is not None:
        state = "breached"
    elif state == "stopped":
        state = "met"
    elif state == "running" and used >= 75:  # noqa: PLR2004  # where the lead is told
        state = "warned"
    return ShownCycle(view, state, used, explained(view, now))


def clock_routes(router: APIRouter, parts: Parts) -> None:
    """`/tickets/{number}/clocks`, `/calendars` and `/calendars/{name}`."""

    @router.get("/tickets/{number}/clocks")
    def clocks(request: Request, number: str) -> Response:
        reader = reader_of(request, parts.now())
        with parts.store.reading() as connection:
            ticket = rows.find_ticket(connection, number)
            if ticket is None:
                raise HTTPException(404)
            shown = shown_clocks(connection, ticket.id, parts.now())
        return render(reader, "clocks_page.html", ticket=ticket, clocks=shown)

    @router.get("/calendars")
    def calendars(request: Request) -> Response:
        with parts.store.reading() as connection:
            found = list_calendars(connection)
        return render(reader_of(request, parts.now()), "calendars.html", calendars=found)

    @router.get("/calendars/{name}")
    def calendar(request: Request, name: str) -> Response:
        with parts.store.reading() as connection:
            try:
                found = find_calendar(connection, name)
            except CalendarRefused as refused:
                raise HTTPException(404) from refused
            working = Shelf(connection).current(name)
        if working is None:
            raise HTTPException(404)
        asked = request.query_params
        year = _year(asked.get("year"), parts.now().astimezone(working.working.zone).year)
        return render(
            reader_of(request, parts.now()),
            "calendar.html",
            calendar=found,
            year=year,
            grid=_grid(working.working, year),
            noted=[day for day in found.days if day.date.year == year],
            asked={"start": asked.get("start", ""), "target": asked.get("target", "")},
            simulated=_simulated(working.working, asked),
        )


def _year(text: str | None, today: int) -> int:
    if text is None:
        return today
    if not (text.isascii() and text.isdigit() and YEAR_MIN <= int(text[:4]) <= YEAR_MAX and len(text) == 4):  # noqa: PLR2004
        raise HTTPException(404)
    return int(text)


@dataclass(frozen=True)
class GridDay:
    """One day of the year's grid. `kind` is off, usual, holiday, working or special."""

    date: date
    kind: str
    is_confirmed: bool


def _grid(working: WorkingTime, year: int) -> list[list[list[GridDay | None]]]:
    """Twelve months of weeks, Monday first."""
    weeks = months.Calendar()
    return [
        [
            [_grid_day(working, day) if day.month == month else None for day in week]
            for week in weeks.monthdatescalendar(year, month)
        ]
        for month in range(1, 13)
    ]


def _grid_day(working: WorkingTime, day: date) -> GridDay:
    known = working.days.get(day)
    kind = known.kind.value if known is not None else "usual" if working.is_worked(day) else "off"
    if known is not None and known.kind is DayKind.SPECIAL and not known.hours:
        kind = "off"
    return GridDay(day, kind, working.calendar.is_confirmed(day, known))


@dataclass(frozen=True)
class Simulated:
    """What the simulator answers, or why it cannot."""

    start: datetime | None = None
    target: Target | None = None
    deadline: Deadline | None = None
    warnings: tuple[tuple[int, datetime | None], ...] = ()
    refused: Sentence | None = None


def _simulated(working: WorkingTime, asked: Mapping[str, str]) -> Simulated | None:
    if not asked.get("start") and not asked.get("target"):
        return None
    try:
        start = datetime.fromisoformat(asked.get("start", ""))
        start = (start if start.tzinfo else start.replace(tzinfo=working.zone)).astimezone(UTC)
        target = read_target(asked.get("target", ""))
        deadline, warnings = due_at(working, start, target), warned_at(working, start, target)
    except TargetRefused as refused:
        return Simulated(refused=refused.why)
    except (ValueError, OverflowError):
        return Simulated(refused=sentence("that is no date and time"))
    except OutOfReach:
        return Simulated(refused=sentence("nothing is due within the years of this calendar"))
    return Simulated(start, target, deadline, tuple(warnings))
