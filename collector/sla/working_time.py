"""Working time of a calendar as sums over UTC instants, pure and quick.

Each local year is one block: the beginnings and ends of its working periods as microseconds since
1970 UTC, and the working time before each of them. Working time between two instants is then two
binary searches a year, and its inverse one. Periods are built from the local wall clock of each date, so
that a change of summer time lengthens or shortens the period that it falls into. Periods are half-open: an
instant at closing time belongs to the next opening.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from collector.sla.calendar import MIDNIGHT_S, Calendar, Day, hours_of

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000_000  # microseconds
YEAR_MIN: Final = 1970
YEAR_MAX: Final = 2200
YEARS_AHEAD: Final = 30  # nothing is due later than that

_MICROSECOND: Final = timedelta(microseconds=1)


class OutOfReach(Exception):
    """The calendar has no such working time within `YEARS_AHEAD` years, or the instant is no year of ours."""


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (at - EPOCH) // _MICROSECOND


def instant(at: int) -> datetime:
    """The inverse of `micros`, in UTC."""
    return EPOCH + timedelta(microseconds=at)


@dataclass(frozen=True)
class _Block:
    """Working periods of one local year."""

    starts: list[int]
    ends: list[int]
    before: list[int]  # working time before each period; one more than there are periods: the last is all of it

    def until(self, at: int) -> int:
        """Working time of the year before `at`."""
        index = bisect_right(self.starts, at)
        if index == 0:
            return 0
        return self.before[index - 1] + min(at, self.ends[index - 1]) - self.starts[index - 1]

    def reach(self, amount: int) -> int:
        """The first instant at which `amount` of the year is worked; 0 < amount <= all of it."""
        index = bisect_left(self.before, amount) - 1
        return self.starts[index] + amount - self.before[index]


class WorkingTime:
    """Answers what a calendar says about intervals. Builds each year when it is first asked for."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(calendar.zone)
        self._weekly = calendar.hours_of_weekday
        self._blocks: dict[int, _Block] = {}

    @cached_property
    def days(self) -> dict[date, Day]:
        """The days that differ."""
        return {day.date: day for day in self.calendar.days}

    def local_date(self, at: datetime) -> date:
        """The date on the calendar's wall."""
        return at.astimezone(self.zone).date()

    def periods(self, day: date) -> list[tuple[datetime, datetime]]:
        """Working periods of one date, UTC."""
        hours = hours_of(self._weekly, day, self.days.get(day))
        return [(self._at(day, start), self._at(day, end)) for start, end in hours]

    def is_worked(self, day: date) -> bool:
        """Whether any of the day is working time."""
        return bool(hours_of(self._weekly, day, self.days.get(day)))

    def is_confirmed(self, since: datetime, until: datetime) -> bool:
        """Whether nothing between the two dates, both included, is foretold."""
        first, last = self.local_date(since), self.local_date(until)
        calendar = self.calendar
        if first < calendar.coverage.since or last > calendar.coverage.until:
            return False
        return all(calendar.is_confirmed(day, known) for day, known in self.days.items() if first <= day <= last)

    def active(self, since: datetime, until: datetime) -> int:
        """Working time between two instants, microseconds; 0 when `until` is not later."""
        if until <= since:
            return 0
        start, end = micros(since), micros(until)
        blocks = map(self._block, range(self._year(since), self._year(until) + 1))
        return sum(block.until(end) - block.until(start) for block in blocks)

    def reach(self, since: datetime, amount: int) -> datetime:
        """The first instant at which `amount` microseconds of working time have passed since then."""
        if amount <= 0:
            return since
        start, first = micros(since), self._year(since)
        for year in range(first, min(first + YEARS_AHEAD, YEAR_MAX + 1)):
            block = self._block(year)
            done = block.until(start)
            if amount <= block.before[-1] - done:
                return instant(block.reach(done + amount))
            amount -= block.before[-1] - done
        raise OutOfReach(self.calendar.calendar)

    def opening(self, at: datetime) -> datetime:
        """`at` if it is working time, else the next opening."""
        start, first = micros(at), self._year(at)
        for year in range(first, min(first + YEARS_AHEAD, YEAR_MAX + 1)):
            block = self._block(year)
            index = bisect_right(block.ends, start)
            if index < len(block.starts):
                return instant(max(start, block.starts[index]))
        raise OutOfReach(self.calendar.calendar)

    def close_of_nth(self, since: datetime, count: int) -> datetime:
        """Closing time of the n-th working day after the day of the next opening."""
        day = self.local_date(self.opening(since))
        while count:
            day += timedelta(days=1)
            if day.year > self._year(since) + YEARS_AHEAD:
                raise OutOfReach(self.calendar.calendar)
            count -= self.is_worked(day)
        return self.periods(day)[-1][1]

    def _year(self, at: datetime) -> int:
        year = self.local_date(at).year
        if not YEAR_MIN <= year <= YEAR_MAX:
            raise OutOfReach(str(year))
        return year

    def _block(self, year: int) -> _Block:
        block = self._blocks.get(year)
        if block is None:
            block = self._blocks[year] = self._built(year)
        return block

    def _built(self, year: int) -> _Block:
        first = date(year, 1, 1)
        dates = (first + timedelta(days=at) for at in range((date(year + 1, 1, 1) - first).days))
        periods = [(micros(start), micros(end)) for day in dates for start, end in self.periods(day) if end > start]
        starts, ends = [start for start, _ in periods], [end for _, end in periods]
        return _Block(starts, ends, [0, *accumulate(end - start for start, end in periods)])

    def _at(self, day: date, second: int) -> datetime:
        if second == MIDNIGHT_S:
            day, second = day + timedelta(days=1), 0
        wall = datetime(day.year, day.month, day.day, second // 3_600, second // 60 % 60, tzinfo=self.zone)
        return wall.astimezone(UTC)
