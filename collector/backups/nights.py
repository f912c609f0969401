"""Nights without a backup. Pure.

A night goes from noon to noon in the site's zone and bears the date of its evening: a backup that begins now before
midnight and now after it is still one a night.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo

HALF_DAY_H = 12
DAY = timedelta(days=1)
NIGHTS = 60  # looked back


def night_of(at: datetime, zone: tzinfo) -> date:
    """The night that an instant belongs to, by the wall clock there.

    >>> from datetime import UTC
    >>> night_of(datetime(2026, 3, 2, 1, 30, tzinfo=UTC), UTC)
    datetime.date(2026, 3, 1)
    """
    local = at.astimezone(zone)
    return local.date() if local.hour >= HALF_DAY_H else local.date() - DAY


def missed_nights(good: Iterable[datetime], now: datetime, zone: tzinfo) -> list[date]:
    """The nights that are over and had no good backup, newest first, since the first one and at most `NIGHTS` back."""
    saved = {night_of(at, zone) for at in good if at <= now}
    if not saved:
        return []
    newest = night_of(now, zone) - DAY
    first = max(min(saved), newest - (NIGHTS - 1) * DAY)
    nights = (newest - back * DAY for back in range((newest - first).days + 1))
    return [night for night in nights if night not in saved]


def missing_numbers(numbers: Iterable[tuple[str, int]]) -> int:
    """How many numbers of the journals (journal, number) are missing between the least and the greatest of each."""
    found: dict[str, set[int]] = {}
    for journal, number in numbers:
        found.setdefault(journal, set()).add(number)
    return sum(max(each) - min(each) + 1 - len(each) for each in found.values())
