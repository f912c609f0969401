"""What is due now: a backup, drills; and whether too much time went by. Pure.

Theory of operation
-------------------
Nothing remembers a timer. Each call looks at the policy, at what the journal says was done, and at the
clock; so a host that was down, or slept, or had its clock set, needs no repair of any state:

- `daily_at` gives *slots*. The newest slot that has begun is owed when no good run began since. A time
  that summer time skips happens when the gap ends; one that comes twice counts at its first coming.
- `every_s` is owed when the newest good run began so long ago.
- A good run that lies in the future says that the clock was set back. It proves nothing about now, so
  a backup is owed: one too many costs little, none for a year costs everything.
- After a run that failed, the next try waits `retry_s`.
- Outside its windows nothing begins; without `catch_up` a slot is lost once `GRACE` has passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from remediation.backup.policy_file import BackupPolicy, DrillRule, ScheduleRule, WindowRule

GRACE: Final = timedelta(hours=1)  # a slot may begin so late without being caught up
CLOCK_SLACK: Final = timedelta(minutes=5)
DRILL_RETRY: Final = timedelta(hours=6)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Why(StrEnum):
    """Why a backup is due or is not."""

    FIRST = "first"  # there is no good run yet
    SLOT = "slot"
    CLOCK_BACK = "clock_back"
    DONE = "done"
    RETRY_LATER = "retry_later"
    OUTSIDE_WINDOW = "outside_window"
    MISSED = "missed"  # the slot was missed, and nothing is caught up


@dataclass(frozen=True)
class Drilled:
    """The newest drill of one level. `part` is the last part that level 1 read."""

    at: datetime
    is_proven: bool
    part: int = 0
    proven_at: datetime | None = None  # of the newest drill that succeeded


@dataclass(frozen=True)
class History:
    """What the journal knows."""

    good_at: datetime | None = None  # when the newest good run began
    tried_at: datetime | None = None  # when the newest run began, good or not
    failed: bool = False  # the newest run
    drills: Mapping[int, Drilled] = field(default_factory=dict)


@dataclass(frozen=True)
class Due:
    """Whether a backup begins now."""

    now: bool
    why: Why


def backup_due(schedule: ScheduleRule, history: History, at: datetime) -> Due:
    """Whether a backup is due at `at`."""
    owed = _owed(schedule, history, at)
    if owed in {Why.DONE, Why.MISSED}:
        return Due(now=False, why=owed)
    if schedule.windows and not in_window(schedule.windows, schedule.zone, at):
        return Due(now=False, why=Why.OUTSIDE_WINDOW)
    if history.failed and history.tried_at is not None:
        since = at - history.tried_at
        if timedelta() <= since < timedelta(seconds=schedule.retry_s):
            return Due(now=False, why=Why.RETRY_LATER)
    return Due(now=True, why=owed)


def _owed(schedule: ScheduleRule, history: History, at: datetime) -> Why:
    good = history.good_at
    if good is None:
        return Why.FIRST
    if good > at + CLOCK_SLACK:
        return Why.CLOCK_BACK
    if schedule.every_s is not None:
        return Why.SLOT if at - good >= timedelta(seconds=schedule.every_s) else Why.DONE
    newest = next(slots_before(schedule, at))
    if good >= newest:
        return Why.DONE
    return Why.SLOT if schedule.catch_up or at - newest < GRACE else Why.MISSED


def slots_before(schedule: ScheduleRule, at: datetime) -> Iterator[datetime]:
    """The slots of `daily_at` that have begun, newest first, in UTC."""
    zone = ZoneInfo(schedule.zone)
    day = at.astimezone(zone).date() + timedelta(days=1)
    while True:
        found = [slot for clock in schedule.daily_at if (slot := _instant(day, clock, zone)) <= at]
        yield from sorted(found, reverse=True)
        day -= timedelta(days=1)


def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


def in_window(windows: Sequence[WindowRule], zone: str, at: datetime) -> bool:
    """Whether `at` lies in one of the windows, by the wall time of the zone."""
    local = at.astimezone(ZoneInfo(zone))
    today, yesterday = _DAYS[local.weekday()], _DAYS[local.weekday() - 1]
    clock = f"{local.hour:02}:{local.minute:02}"
    return any(_holds(window, today, yesterday, clock) for window in windows)


def _holds(window: WindowRule, today: str, yesterday: str, clock: str) -> bool:
    if window.start < window.end:
        return today in window.days and window.start <= clock < window.end
    return (today in window.days and clock >= window.start) or (yesterday in window.days and clock < window.end)


def overdue_at(schedule: ScheduleRule, good_at: datetime | None, since: datetime) -> datetime:
    """When a whole period will have gone by without a good run. `since`: when the journal began, for the first run."""
    newest = good_at or since
    if schedule.every_s is not None:
        return newest + timedelta(seconds=2 * schedule.every_s)
    slots = slots_before(schedule, newest + timedelta(days=4))
    return sorted(slot for slot in takewhile(lambda slot: slot > newest, slots))[1]


def drills_due(policy: BackupPolicy, history: History, at: datetime) -> list[DrillRule]:
    """The drills that are due, lowest level first; none before there is a good run."""
    if history.good_at is None:
        return []
    ladder = sorted(policy.drills.ladder, key=lambda rule: rule.level)
    return [rule for rule in ladder if _is_drill_due(rule, history.drills.get(rule.level), at)]


def _is_drill_due(rule: DrillRule, last: Drilled | None, at: datetime) -> bool:
    if last is None or last.at > at + CLOCK_SLACK:
        return True
    period = timedelta(seconds=rule.every_s)
    return at - last.at >= (period if last.is_proven else min(period, DRILL_RETRY))


def next_part(rule: DrillRule, last: Drilled | None) -> int:
    """Which part of all bytes level 1 reads now, from 1; a part that failed is read again."""
    if last is None:
        return 1
    return (last.part % rule.parts) + 1 if last.is_proven else max(1, min(last.part, rule.parts))


def proof_overdue_at(policy: BackupPolicy, history: History, since: datetime) -> datetime:
    """When the newest proof of level 3 or 4 will be older than the policy allows."""
    return (newest_proof(history) or since) + timedelta(days=policy.drills.proof_days)


def newest_proof(history: History, level: int = 3) -> datetime | None:
    """When a drill of at least this level succeeded last."""
    found = [drilled.proven_at for at, drilled in history.drills.items() if at >= level and drilled.proven_at]
    return max(found, default=None)
