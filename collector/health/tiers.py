"""Where a chart's points come from: samples, hours or days, by how much time one point stands for.

    a point stands for      it is made of
    less than an hour       samples
    less than a day         roll-ups of hours
    a day or more           roll-ups of days

What is not rolled up yet (today, and days that changed a moment ago) is read from the samples whatever the tier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from collector.health.hours import HOUR_US

DAY_US = 24 * HOUR_US
DAY_HOURS = 24


class Tier(IntEnum):
    """The least stretch that a tier knows, in microseconds; of samples, a second."""

    SAMPLES = 1_000_000
    HOURS = HOUR_US
    DAYS = DAY_US


@dataclass(frozen=True)
class Grid:
    """The stretches of a chart: they begin at multiples of `step_us`, so that points stay as time moves on."""

    tier: Tier
    step_us: int
    since_us: int
    until_us: int

    def start_of(self, at_us: int) -> int:
        """Where the stretch begins in which an instant lies."""
        return at_us - at_us % self.step_us

    def has(self, at_us: int) -> bool:
        """Whether an instant lies inside."""
        return self.since_us <= at_us < self.until_us


def grid_of(since_us: int, until_us: int, points: int) -> Grid:
    """The finest grid of at most `points` stretches that covers [since, until).

    Rolled-up stretches are whole, so the first one may begin a little earlier: one point more finds room for it.

    >>> grid_of(0, 7 * DAY_US, 170).step_us == HOUR_US
    True
    >>> grid_of(0, DAY_US, 289).step_us // 1_000_000
    300
    """
    if points < 2 or until_us <= since_us:  # noqa: PLR2004  # a span cuts two stretches of its own length
        raise ValueError("a chart needs two points, and time between its ends")
    rough_us = _per(until_us - since_us, max(points - 2, 1))
    tier = max((tier for tier in Tier if tier <= rough_us), default=Tier.SAMPLES)
    if tier is not Tier.SAMPLES:
        since_us -= since_us % tier
    step_us = _per(until_us - since_us, points - 1)
    return Grid(tier, step_us + -step_us % tier, since_us, until_us)


def _per(span_us: int, parts: int) -> int:
    return -(-span_us // parts)


def day_of_hour(hour: int) -> int:
    """The day since 1970, in UTC, of an hour."""
    return hour // DAY_HOURS


def month_of_day(day: int) -> int:
    """The month of a day: 12 x year + month - 1.

    >>> month_of_day(0) == 12 * 1970, month_of_day(31) - month_of_day(30)
    (True, 1)
    """
    date = datetime.fromtimestamp(day * DAY_HOURS * 3_600, UTC)
    return 12 * date.year + date.month - 1
