"""A calendar of working time: a zone, weekly hours, and days that differ from them.

Days beyond `coverage.until` follow the weekly hours and whatever days the file foretells; what is computed
with them is called provisional, and so is what touches a day with status `provisional`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from enum import StrEnum
from itertools import chain
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from wire.catalogue.model import Texts
from wire.errors import Fault, TextRefused
from wire.fields import Name
from wire.sentence import Sentence, sentence
from wire.yaml_text import Marks, mark_of, read_placed

DAYS = 20_000  # more than fifty years with every day named
PERIODS = 8  # of working time in one day

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT_S = 86_400

PeriodText = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)\Z")]
Periods = Annotated[list[PeriodText], Meta(max_length=PERIODS)]
Seconds = tuple[tuple[int, int], ...]  # working time of one day: from and to, seconds of the local wall clock


class DayKind(StrEnum):
    """How a day differs from its weekday."""

    HOLIDAY = "holiday"  # no work
    WORKING = "working"  # work although the weekday has none, with the hours of a Monday unless it names others
    SPECIAL = "special"  # other hours than the weekday's


class DayStatus(StrEnum):
    """Whether the state has published the day, or somebody foretells it."""

    CONFIRMED = "confirmed"
    PROVISIONAL = "provisional"


class Day(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One day that differs."""

    date: date
    kind: DayKind
    name: Texts | None = None
    hours: Periods = []
    status: DayStatus = DayStatus.CONFIRMED


class Coverage(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From which to which day the published days are known, both included."""

    since: date
    until: date


class Week(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Working hours of each weekday; an empty list is a day off."""

    monday: Periods = []
    tuesday: Periods = []
    wednesday: Periods = []
    thursday: Periods = []
    friday: Periods = []
    saturday: Periods = []
    sunday: Periods = []


class Calendar(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The whole file. `version` changes whenever a day does; clocks that are over keep theirs."""

    calendar: Name
    version: Name
    zone: Name  # IANA
    title: Texts
    source: Annotated[str, Meta(max_length=500)] = ""
    week: Week
    coverage: Coverage
    days: Annotated[list[Day], Meta(max_length=DAYS)] = []

    @property
    def hours_of_weekday(self) -> tuple[Seconds, ...]:
        """Working time of Monday to Sunday."""
        return tuple(_seconds(getattr(self.week, name)) for name in WEEKDAYS)

    @property
    def nominal_day_s(self) -> int:
        """Length of the first weekday that is worked; 0 when none is."""
        lengths = [sum(end - start for start, end in hours) for hours in self.hours_of_weekday]
        return next((length for length in lengths if length), 0)

    def is_confirmed(self, day: date, known: Day | None) -> bool:
        """Whether nothing about this day is foretold."""
        covered = self.coverage.since <= day <= self.coverage.until
        return covered and (known is None or known.status is DayStatus.CONFIRMED)


def hours_of(weekly: tuple[Seconds, ...], day: date, known: Day | None) -> Seconds:
    """Working time of one date."""
    if known is None:
        return weekly[day.weekday()]
    if known.kind is DayKind.HOLIDAY:
        return ()
    if known.hours:
        return _seconds(known.hours)
    if known.kind is DayKind.SPECIAL:
        return ()
    usual = weekly[day.weekday()]
    return usual or next((hours for hours in weekly if hours), ())


def read_calendar(text: str | bytes) -> Calendar:
    """The calendar in a file; `TextRefused` with line and column of every fault."""
    calendar, marks = read_placed(text, Calendar)
    faults = list(_faults(calendar, marks))
    if faults:
        raise TextRefused(faults)
    return calendar


def _faults(calendar: Calendar, marks: Marks) -> Iterator[Fault]:
    problems = chain(_whole_faults(calendar), _hour_faults(calendar), _day_faults(calendar))
    for path, problem in problems:
        line, column = mark_of(path, marks)
        yield Fault(line, column, problem)


def _whole_faults(calendar: Calendar) -> Iterator[tuple[str, Sentence]]:
    if not is_zone(calendar.zone):
        yield "$.zone", sentence("{zone} is not the name of a time zone", zone=calendar.zone)
    if calendar.coverage.since > calendar.coverage.until:
        yield "$.coverage", sentence("the coverage ends before it begins")
    if not calendar.nominal_day_s:
        yield "$.week", sentence("no weekday is worked")


def _hour_faults(calendar: Calendar) -> Iterator[tuple[str, Sentence]]:
    places = {f"$.week.{name}": getattr(calendar.week, name) for name in WEEKDAYS}
    places |= {f"$.days[{at}].hours": day.hours for at, day in enumerate(calendar.days)}
    for path, hours in places.items():
        if not _is_ordered(hours):
            yield path, sentence("working hours overlap or end before they begin")


def _day_faults(calendar: Calendar) -> Iterator[tuple[str, Sentence]]:
    seen: set[date] = set()
    for at, day in enumerate(calendar.days):
        if day.date in seen:
            yield f"$.days[{at}].date", sentence("{date} stands there twice", date=day.date)
        seen.add(day.date)
        if day.kind is DayKind.HOLIDAY and day.hours:
            yield f"$.days[{at}].hours", sentence("a holiday has no working hours; say special")
        if day.kind is DayKind.SPECIAL and not day.hours:
            yield f"$.days[{at}]", sentence("a special day names its working hours")


def is_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _seconds(periods: list[str]) -> Seconds:
    return tuple((_of_day(period[:5]), _of_day(period[6:])) for period in periods)


def _of_day(text: str) -> int:
    if text == "24:00":
        return MIDNIGHT_S
    at = time.fromisoformat(text)
    return at.hour * 3_600 + at.minute * 60


def _is_ordered(periods: list[str]) -> bool:
    at = -1
    for start, end in _seconds(periods):
        if start < at or end <= start:
            return False
        at = end
    return True
