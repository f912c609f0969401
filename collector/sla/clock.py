"""When something is due, and why: one target, one calendar, some pauses. Pure.

Time counts in half-open intervals on UTC instants. `due` is the first instant at which the target has been
used up; stopping exactly then is still in time. Overlapping pauses count once. A pause without an end
leaves nothing due: what is left is shown instead.

A target in working days has no pauses: it means the close of the n-th working day, or, in mode `span`, so
many times the length of a usual day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from collector.sla.working_time import SECOND, WorkingTime, micros
from wire.catalogue.model import Texts
from wire.sentence import Sentence, sentence

HOUR: Final = 3_600 * SECOND
HOURS_MAX: Final = 24 * 366 * 5  # five years; no contract promises anything later
WORKING_DAYS_MAX: Final = 1_000
WARNED_AT: Final = (50, 75, 90, 100)  # percent of the active time
EXPLAINED_MAX: Final = 4_000  # working periods that one explanation names


class Basis(StrEnum):
    """What counts."""

    BUSINESS = "business"  # working time of the calendar
    ELAPSED = "elapsed"  # day and night
    WORKING_DAYS = "working_days"  # close of the n-th working day
    SPAN = "span"  # so many usual days of working time


class TargetRefused(Exception):
    """No target, or one that cannot be kept; `why` says what would be one."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True)
class Target:
    """`amount` is microseconds for business and elapsed, days for the others."""

    basis: Basis
    amount: int

    def __str__(self) -> str:
        if self.basis is Basis.WORKING_DAYS:
            return f"{self.amount}bd"
        if self.basis is Basis.SPAN:
            return f"{self.amount}bd-span"
        hours = f"{(Decimal(self.amount) / HOUR).normalize():f}h"
        return hours if self.basis is Basis.BUSINESS else f"{hours}-elapsed"


_TARGET: Final = re.compile(r"(?P<number>\d{1,9}(\.\d{1,18})?)(?P<unit>h-elapsed|h|bd-span|bd)", re.ASCII)


def read_target(text: str) -> Target:
    """`8h`, `0.25h`, `12h-elapsed`, `3bd`, `3bd-span`; `TargetRefused` for anything else.

    >>> str(read_target("1.50h")), str(read_target("3bd"))
    ('1.5h', '3bd')
    """
    match = _TARGET.fullmatch(text)
    if match is None:
        raise TargetRefused(
            sentence("{text} is no target; say 8h (working time), 12h-elapsed (day and night) or 3bd", text=text)
        )
    number, unit = Decimal(match["number"]), match["unit"]
    if unit in {"bd", "bd-span"}:
        if number != number.to_integral_value() or not 1 <= number <= WORKING_DAYS_MAX:
            raise TargetRefused(sentence("working days are whole: 1 to {most}", most=WORKING_DAYS_MAX))
        return Target(Basis.WORKING_DAYS if unit == "bd" else Basis.SPAN, int(number))
    amount = int((number * HOUR).to_integral_value())
    if not 0 < amount <= HOURS_MAX * HOUR:
        raise TargetRefused(sentence("a target is more than 0 and at most {most} hours", most=HOURS_MAX))
    return Target(Basis.BUSINESS if unit == "h" else Basis.ELAPSED, amount)


@dataclass(frozen=True)
class Pause:
    """The clock stands from `since` to before `until`; without an end it still does."""

    since: datetime
    until: datetime | None = None


def merged(pauses: Iterable[Pause]) -> list[Pause]:
    """Pauses in order, overlapping and touching ones as one; empty ones dropped."""
    result: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.since):
        if pause.until is not None and pause.until <= pause.since:
            continue
        last = result[-1] if result else None
        if last is None or (last.until is not None and last.until < pause.since):
            result.append(pause)
        elif last.until is not None:
            until = None if pause.until is None else max(last.until, pause.until)
            result[-1] = Pause(last.since, until)
    return result


@dataclass(frozen=True)
class Deadline:
    """What one clock comes to. `due` is None while a pause has no end."""

    due: datetime | None
    is_provisional: bool
    target_us: int  # as time that counts


def due_at(working: WorkingTime, start: datetime, target: Target, pauses: Sequence[Pause] = ()) -> Deadline:
    """When the target is used up. `OutOfReach` when that is decades away."""
    if target.basis is Basis.WORKING_DAYS:
        due = working.close_of_nth(start, target.amount)
        return Deadline(due, not working.is_confirmed(start, due), working.active(start, due))
    amount = _amount(working, target)
    due_or_none = reached_at(working, start, amount, target.basis, pauses)
    if due_or_none is None or target.basis is Basis.ELAPSED:
        return Deadline(due_or_none, is_provisional=False, target_us=amount)
    return Deadline(due_or_none, not working.is_confirmed(start, due_or_none), amount)


def warned_at(
    working: WorkingTime, start: datetime, target: Target, pauses: Sequence[Pause] = ()
) -> list[tuple[int, datetime | None]]:
    """Percent of the active time, and when it is used up."""
    kept = () if target.basis is Basis.WORKING_DAYS else pauses
    amount = due_at(working, start, target, kept).target_us
    return [(percent, reached_at(working, start, amount * percent // 100, target.basis, kept)) for percent in WARNED_AT]


def active_us(
    working: WorkingTime, start: datetime, until: datetime, basis: Basis, pauses: Sequence[Pause] = ()
) -> int:
    """Time that counted between two instants, microseconds."""
    spans = _running(start, until, pauses)
    return sum(_measured(working, since, end, basis) for since, end in spans if end is not None)


def reached_at(
    working: WorkingTime, start: datetime, amount: int, basis: Basis, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """The first instant at which so much has counted; None when a pause without an end comes first."""
    for since, until in _running(start, None, pauses):
        if until is not None:
            counted = _measured(working, since, until, basis)
            if counted < amount:
                amount -= counted
                continue
        if basis is Basis.ELAPSED:
            return since + timedelta(microseconds=amount)
        return working.reach(since, amount)
    return None


@dataclass(frozen=True)
class Counted:
    """One stretch that counted."""

    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True)
class NotedDay:
    """A day between start and due that is not an ordinary working day."""

    date: date
    kind: str  # holiday, working, special, weekend; usual when only its status is worth a note
    name: Texts | None
    is_confirmed: bool


@dataclass(frozen=True)
class Explanation:
    """Every interval that counted, every pause, and every day that is not an ordinary one."""

    counted: list[Counted]
    pauses: list[Pause]
    days: list[NotedDay]
    is_cut: bool


def explain(
    working: WorkingTime, start: datetime, until: datetime, basis: Basis, pauses: Sequence[Pause] = ()
) -> Explanation:
    """Why the time between two instants counted as it did."""
    counted: list[Counted] = []
    for since, end in _running(start, until, pauses):
        assert end is not None  # noqa: S101  # `until` bounds every span
        counted += [Counted(since, end)] if basis is Basis.ELAPSED else _pieces(working, since, end)
    kept = [pause for pause in merged(pauses) if pause.since < until and (pause.until or until) > start]
    days = [] if basis is Basis.ELAPSED else list(_noted_days(working, start, until))
    is_cut = len(counted) > EXPLAINED_MAX
    return Explanation(counted[:EXPLAINED_MAX], kept, days, is_cut)


def _amount(working: WorkingTime, target: Target) -> int:
    if target.basis is Basis.SPAN:
        return target.amount * working.calendar.nominal_day_s * SECOND
    return target.amount


def _measured(working: WorkingTime, since: datetime, until: datetime, basis: Basis) -> int:
    if basis is Basis.ELAPSED:
        return max(0, micros(until) - micros(since))
    return working.active(since, until)


def _running(
    start: datetime, until: datetime | None, pauses: Sequence[Pause]
) -> Iterator[tuple[datetime, datetime | None]]:
    """The stretches between `start` and `until` in which the clock ran; the last one may have no end."""
    at = start
    for pause in merged(pauses):
        if until is not None and pause.since >= until:
            break
        if pause.since > at:
            yield at, pause.since
        if pause.until is None:
            return
        at = max(at, pause.until)
    if until is None or at < until:
        yield at, until


def _pieces(working: WorkingTime, since: datetime, until: datetime) -> list[Counted]:
    result: list[Counted] = []
    day, last = working.local_date(since), working.local_date(until)
    while day <= last and len(result) <= EXPLAINED_MAX:
        for start, end in working.periods(day):
            first, final = max(start, since), min(end, until)
            if first < final:
                result.append(Counted(first, final))
        day += timedelta(days=1)
    return result


def _noted_days(working: WorkingTime, since: datetime, until: datetime) -> Iterator[NotedDay]:
    day, last, found = working.local_date(since), working.local_date(until), 0
    while day <= last and found < EXPLAINED_MAX:
        known = working.days.get(day)
        is_confirmed = working.calendar.is_confirmed(day, known)
        if known is not None or not working.is_worked(day) or not is_confirmed:
            found += 1
            plain = "usual" if working.is_worked(day) else "weekend"
            kind = known.kind.value if known else plain
            yield NotedDay(day, kind, known.name if known else None, is_confirmed)
        day += timedelta(days=1)
