"""When a measured value is a fault, pure: hysteresis and duration.

A level is raised when the value was at or above `raise_percent` for `for_s` without a break, and
cleared when it is below `clear_percent`. Between the two nothing changes, so a value that swings
around the threshold raises one fault, not a hundred. `judge_value` is the same rule in any unit, and
where less is worse (days until a certificate ends) with both values turned round.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.settings.model import Limit


class LevelState(StrEnum):
    """What is stored of a threshold."""

    OK = "ok"
    FIRING = "firing"


class Change(StrEnum):
    """What just happened to a threshold."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True)
class Level:
    """One threshold: its state, and since when (seconds, monotonic) the value is high without being raised."""

    state: LevelState = LevelState.OK
    high_since_s: float | None = None


@dataclass(frozen=True)
class Bounds:
    """Raised at `raise_at` or beyond for `for_s`, cleared on the other side of `clear_at`.

    Beyond means above; it means below where `clear_at` is the higher of the two.
    """

    raise_at: float
    clear_at: float
    for_s: float = 0

    @property
    def is_falling(self) -> bool:
        """Whether less is worse."""
        return self.clear_at > self.raise_at


def judge_value(bounds: Bounds, value: float, level: Level, now_s: float) -> tuple[Level, Change | None]:
    """The level after a reading of `value`, as `judge` does it for percentages.

    >>> days_left = Bounds(raise_at=30, clear_at=31)
    >>> level, change = judge_value(days_left, 29, Level(), 0.0)
    >>> change, judge_value(days_left, 90, level, 1.0)[1]
    (<Change.RAISED: 'raised'>, <Change.CLEARED: 'cleared'>)
    """
    sign = -1 if bounds.is_falling else 1
    value, raise_at, clear_at = sign * value, sign * bounds.raise_at, sign * bounds.clear_at
    if level.state is LevelState.FIRING:
        if value < clear_at:
            return Level(), Change.CLEARED
        return level, None
    if value < raise_at:
        return Level(), None
    since = now_s if level.high_since_s is None else level.high_since_s
    if now_s - since >= bounds.for_s:
        return Level(LevelState.FIRING), Change.RAISED
    return Level(LevelState.OK, since), None


def judge(limit: Limit, value: float, level: Level, now_s: float) -> tuple[Level, Change | None]:
    """The level after a sample of `value` (percent) at `now_s`, and the change, if there is one.

    >>> limit = Limit(raise_percent=90, clear_percent=85, for_s=10)
    >>> level, change = judge(limit, 95, Level(), 100.0)
    >>> change, level.high_since_s
    (None, 100.0)
    >>> judge(limit, 95, level, 110.0)[1]
    <Change.RAISED: 'raised'>
    """
    return judge_value(Bounds(limit.raise_percent, limit.clear_percent, limit.for_s), value, level, now_s)


def judge_running(
    *, previous: frozenset[tuple[int, float]], present: frozenset[tuple[int, float]], is_firing: bool
) -> list[Change]:
    """What happened to a watched process between two samples; a process is its (pid, creation time).

    One that died and was started again in between is told too: raised, then cleared. One of several
    that was replaced (a worker that is recycled) is no fault.

    >>> one, other = frozenset({(10, 1.0)}), frozenset({(11, 2.0)})
    >>> judge_running(previous=one, present=other, is_firing=False)
    [<Change.RAISED: 'raised'>, <Change.CLEARED: 'cleared'>]
    """
    if is_firing:
        return [Change.CLEARED] if present else []
    if not present:
        return [Change.RAISED]
    if previous and not previous & present:
        return [Change.RAISED, Change.CLEARED]
    return []
