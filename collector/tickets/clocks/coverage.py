"""Which calendars in use end soon: computed beyond that is foretold, and somebody has to bring a newer file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from collector.store.database import Connection
from collector.store.meta import read_meta
from collector.tickets.clocks import repository
from collector.tickets.clocks.model import DEFAULT_CALENDAR
from collector.tickets.clocks.shelf import DEFAULT_KEY, Shelf

WARNED_BEFORE: Final = timedelta(days=60)


@dataclass(frozen=True)
class CoverageLeft:
    """A calendar in use, and until when its days are known."""

    name: str
    until: date
    is_short: bool


def is_short(until: date, today: date) -> bool:
    """Whether the known days end within sixty days.

    >>> is_short(date(2026, 12, 31), date(2026, 11, 1)), is_short(date(2026, 12, 31), date(2026, 10, 31))
    (True, False)
    """
    return until - today <= WARNED_BEFORE


def coverages(connection: Connection, now: datetime) -> list[CoverageLeft]:
    """Of the calendars that a site names, that open clocks count by, and of the default where a site relies on it."""
    shelf, found = Shelf(connection), list[CoverageLeft]()
    counts = repository.site_counts(connection)
    names = repository.calendars_in_use(connection) | {name for name in counts if name}
    if None in counts:
        names.add(read_meta(connection, DEFAULT_KEY) or DEFAULT_CALENDAR)
    for name in sorted(names):
        head = shelf.current(name)
        if head is not None:
            until, today = head.working.calendar.coverage.until, head.working.local_date(now)
            found.append(CoverageLeft(name, until, is_short(until, today)))
    return found
