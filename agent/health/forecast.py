"""When something will be full: time to the limit by robust regression, pure.

Theory of operation
-------------------
A point is the peak of four hours. Points become peaks of whole days counted back from now, so that a
daily season (backups at night, people by day) is one value a day and no trend. Through the days of the
last 5, 10 and 21 runs a line by Theil and Sen, the median of the slopes of all pairs: up to 29 % of the
days may be anything. Only what came after the last sharp fall is used, because whoever made room
started anew.

A trend counts when all of this holds, and each rule has its own enemy:
1. nine of ten pairs rise (noise; one step up in an otherwise flat series);
2. the rise is four times the scatter around the line (noise, weekly seasons);
3. today's peak is higher than every peak before it (the sawtooth of log rotation and of clean-ups: below
   the former peak a rise is the next tooth);
4. a careful slope, the lower quartile, still reaches the limit in twice the time;
5. the series is longer than a week (weekly rotation, whose first tooth is a rise like any other).

What this cannot see: a disk that fills within a few hours, or in the first week of an agent (the threshold
tells those), and the first tooth of a sawtooth that is longer than a week.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agent.health.thresholds import Bounds

SLOT_S: Final = 4 * 3_600
SLOTS_A_DAY: Final = 6
SLOTS: Final = 21 * SLOTS_A_DAY
SPANS_DAYS: Final = (5, 10, 21)
SLOTS_NEEDED: Final = 3  # of a day, for it to count
DAYS_NEEDED: Final = 5  # after the last fall
WEEK_DAYS: Final = 7
RISING_SHARE: Final = 0.9
SCATTERS: Final = 4.0
FALL: Final = 4.0  # percent of the whole in one day, and four times the usual step
SLOWEST_PER_DAY: Final = 0.05  # percent; below this the limit is years away
DUE: Final = Bounds(raise_at=7.0, clear_at=10.0, for_s=6 * 3_600)  # days until the limit
FAR_DAYS: Final = 10_000.0

Point = tuple[int, float]  # number of the slot since 1970, its peak in percent


@dataclass(frozen=True)
class Trend:
    """How fast it rises, in percent a day, and the days until it reaches the limit."""

    per_day: float
    days_left: float


def days_left(points: Sequence[Point], limit: float = 100.0) -> float:
    """Days until the limit by the nearest trend that counts; `FAR_DAYS` without one.

    >>> full_in_five = [(slot, 30 + 5 * slot / 6) for slot in range(55)]
    >>> round(days_left(full_in_five), 1)
    5.0
    """
    found = [trend.days_left for span in SPANS_DAYS if (trend := find_trend(points, span, limit))]
    return min(found, default=FAR_DAYS)


def find_trend(points: Sequence[Point], span_days: int, limit: float = 100.0) -> Trend | None:
    """The trend over the last `span_days`, or None where no line is worth believing."""
    days = daily_peaks(points)
    latest = days[-1][1] if days else 0.0
    if not days or days[0][0] > -WEEK_DAYS or any(peak > latest for _, peak in days[:-1]):
        return None
    tail = _since_last_fall(days)
    tail = [day for day in tail if day[0] > tail[-1][0] - span_days] if tail else []
    if len(tail) < DAYS_NEEDED:
        return None
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for at, a in enumerate(tail) for b in tail[at + 1 :])
    slope = statistics.median(slopes)
    careful = slopes[len(slopes) // 4]
    if slope < SLOWEST_PER_DAY or not _is_believable(tail, slopes, slope):
        return None
    left = max(0.0, (limit - latest) / slope)
    if careful <= 0 or (limit - latest) / careful > 2 * max(left, 1.0):
        return None
    return Trend(slope, left)


def daily_peaks(points: Sequence[Point]) -> list[Point]:
    """The peak of each whole day, counted back from the newest point; day 0 is the newest, -1 the one before.

    >>> daily_peaks([(slot, float(slot)) for slot in range(12)])
    [(-1, 5.0), (0, 11.0)]
    """
    if not points:
        return []
    newest = max(slot for slot, _ in points)
    days: dict[int, list[float]] = {}
    for slot, value in points:
        days.setdefault(-((newest - slot) // SLOTS_A_DAY), []).append(value)
    return [(day, max(values)) for day, values in sorted(days.items()) if len(values) >= SLOTS_NEEDED]


def _since_last_fall(days: Sequence[Point]) -> Sequence[Point]:
    steps = [abs(b[1] - a[1]) for a, b in pairwise(days)]
    sharp = max(FALL, 4 * statistics.median(steps)) if steps else FALL
    start = 0
    for at in range(1, len(days)):
        if days[at][1] < days[at - 1][1] - sharp:
            start = at
    return days[start:]


def _is_believable(tail: Sequence[Point], slopes: Sequence[float], slope: float) -> bool:
    rising = sum(one > 0 for one in slopes) / len(slopes)
    level = statistics.median(value - slope * day for day, value in tail)
    scatter = statistics.median(abs(value - slope * day - level) for day, value in tail)
    return rising >= RISING_SHARE and slope * (tail[-1][0] - tail[0][0]) >= SCATTERS * scatter
