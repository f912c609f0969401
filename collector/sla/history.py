"""A service clock as a fold over its append-only history; nothing else decides when it is due.

    started -> (paused <-> resumed | retargeted)* -> stopped -> reopened -> ...

A cycle runs from a start or a reopening to its stop. A cycle that is over never changes: neither a
calendar nor a plan touches it. Reopening begins the next cycle with a full target; time spent resolved
counts nowhere. Other terms (a level that rose, a plan or calendar that changed) apply from the original start of the
cycle, with those pauses that the new target allows; if that makes it overdue at once, it was `born_breached`
at the change, which is one breach, told once. A lower level never takes a breach back.

A stop alone may be dated before the last step: that a fault was over is known only when it stayed away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from collector.sla.clock import Basis, Deadline, Pause, Target, active_us, due_at
from collector.sla.working_time import WorkingTime


class PauseReason(StrEnum):
    """Why a clock stands. What the vendor itself waits for never pauses it."""

    CUSTOMER_INFO = "waiting_customer_info"
    CUSTOMER_CONSENT = "waiting_customer_consent"
    CUSTOMER_ACCESS = "waiting_customer_access"
    CUSTOMER_SCHEDULE = "scheduled_by_customer"
    CUSTOMER_DECLINED = "customer_declined_access"
    FORCE_MAJEURE = "force_majeure"


ALL_REASONS = frozenset(PauseReason)
LEVEL_1_REASONS = frozenset({PauseReason.CUSTOMER_DECLINED, PauseReason.FORCE_MAJEURE})


class ClockState(StrEnum):
    """Where a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class ClockAct(StrEnum):
    """What can happen to it."""

    PAUSE = "pause"
    RESUME = "resume"
    RETARGET = "retarget"
    STOP = "stop"
    CANCEL = "cancel"
    REOPEN = "reopen"


_S, _A = ClockState, ClockAct

TABLE = MappingProxyType(
    {
        (_S.RUNNING, _A.PAUSE): _S.PAUSED,
        (_S.RUNNING, _A.RETARGET): _S.RUNNING,
        (_S.RUNNING, _A.STOP): _S.STOPPED,
        (_S.RUNNING, _A.CANCEL): _S.CANCELLED,
        (_S.PAUSED, _A.RESUME): _S.RUNNING,
        (_S.PAUSED, _A.RETARGET): _S.PAUSED,
        (_S.PAUSED, _A.STOP): _S.STOPPED,
        (_S.PAUSED, _A.CANCEL): _S.CANCELLED,
        (_S.STOPPED, _A.REOPEN): _S.RUNNING,
    }
)


class IllegalClockAct(Exception):
    """The table has no such step, or it is dated before what already happened; nothing was changed."""


@dataclass(frozen=True)
class Terms:
    """What a clock is measured by. `pausing` are the reasons that stop it."""

    target: Target
    working: WorkingTime
    pausing: frozenset[PauseReason] = ALL_REASONS


@dataclass(frozen=True)
class Step:
    """One line of the history. `terms` come with a retarget (and may with a reopening), `reason` with a pause."""

    at: datetime
    act: ClockAct
    reason: PauseReason | None = None
    terms: Terms | None = None


@dataclass(frozen=True)
class _Stand:
    """One pause as it was asked for, whatever the terms make of it."""

    reason: PauseReason
    pause: Pause


@dataclass(frozen=True)
class Cycle:
    """One run of the clock. `stopped_at` is None while it lasts; `retargeted_at` is the last change of terms."""

    number: int
    start: datetime
    terms: Terms
    state: ClockState = ClockState.RUNNING
    stopped_at: datetime | None = None
    retargeted_at: datetime | None = None
    breached_at: datetime | None = None  # by terms that have been replaced since
    stands: tuple[_Stand, ...] = ()

    @property
    def pauses(self) -> list[Pause]:
        """The pauses that count under these terms."""
        if self.terms.target.basis is Basis.WORKING_DAYS:
            return []
        return [stand.pause for stand in self.stands if stand.reason in self.terms.pausing]

    @property
    def is_standing(self) -> bool:
        """Whether a pause that counts under these terms lasts."""
        return self.state is ClockState.PAUSED and any(pause.until is None for pause in self.pauses)

    @property
    def is_open(self) -> bool:
        """Running or paused."""
        return self.state in {ClockState.RUNNING, ClockState.PAUSED}


@dataclass(frozen=True)
class Reading:
    """What a cycle comes to at an instant. Lengths are microseconds of time that counts."""

    deadline: Deadline
    active_us: int
    remaining_us: int
    breached_at: datetime | None
    is_born_breached: bool  # the terms that it has now were overdue the moment they came


def replay(start: datetime, terms: Terms, steps: Iterable[Step]) -> list[Cycle]:
    """Every cycle of a clock; `IllegalClockAct` for a history that the table does not know."""
    cycles = [Cycle(1, start, terms)]
    for step in steps:
        cycles = stepped(cycles, step)
    return cycles


def stepped(cycles: Sequence[Cycle], step: Step) -> list[Cycle]:
    """The cycles of a clock after one more step."""
    cycle = _stepped(cycles[-1], step)
    kept = cycles if cycle.number != cycles[-1].number else cycles[:-1]
    return [*kept, cycle]


def no_earlier(cycle: Cycle, at: datetime) -> datetime:
    """`at`, or the last instant of the cycle's history if that is later: what may follow it."""
    return max(at, _latest(cycle))


def read_cycle(cycle: Cycle, now: datetime) -> Reading:
    """How a cycle stands at `now`, or stood at its end."""
    end, working = cycle.stopped_at or now, cycle.terms.working
    deadline = due_at(working, cycle.start, cycle.terms.target, cycle.pauses)
    active = active_us(working, cycle.start, end, cycle.terms.target.basis, cycle.pauses)
    own = _breach(cycle, deadline, end)
    is_born = own is not None and cycle.retargeted_at is not None and own == cycle.retargeted_at
    earlier = cycle.breached_at if cycle.breached_at is not None and cycle.breached_at < end else None
    breaches = [at for at in (earlier, own) if at is not None]
    remaining = max(0, deadline.target_us - active)
    return Reading(deadline, active, remaining, min(breaches, default=None), is_born)


def _breach(cycle: Cycle, deadline: Deadline, end: datetime) -> datetime | None:
    """When these terms were broken; stopping at the very instant is in time. Never before the terms came."""
    if deadline.due is None or end <= deadline.due:
        return None
    at = max(deadline.due, cycle.retargeted_at or deadline.due)
    return at if at <= end else None


def _stepped(cycle: Cycle, step: Step) -> Cycle:
    after = TABLE.get((cycle.state, step.act))
    if after is None:
        raise IllegalClockAct(f"{step.act} is not possible while {cycle.state}")
    if step.at < (cycle.start if step.act is ClockAct.STOP else _latest(cycle)):
        raise IllegalClockAct(f"{step.act} is dated before the step before it")
    match step.act:
        case ClockAct.PAUSE:
            if step.reason is None:
                raise IllegalClockAct("a pause has a reason")
            stand = _Stand(step.reason, Pause(step.at))
            return replace(cycle, state=after, stands=(*cycle.stands, stand))
        case ClockAct.RESUME:
            return replace(cycle, state=after, stands=_ended(cycle.stands, step.at))
        case ClockAct.RETARGET:
            return _retargeted(cycle, step)
        case ClockAct.REOPEN:
            return Cycle(cycle.number + 1, step.at, step.terms or cycle.terms)
        case _:
            return replace(cycle, state=after, stopped_at=step.at, stands=_ended(cycle.stands, step.at))


def _retargeted(cycle: Cycle, step: Step) -> Cycle:
    """New terms from the original start; what was broken under the old ones stays broken."""
    if step.terms is None:
        raise IllegalClockAct("other terms have to be named")
    broken = read_cycle(cycle, step.at).breached_at
    return replace(cycle, terms=step.terms, retargeted_at=step.at, breached_at=broken)


def _latest(cycle: Cycle) -> datetime:
    times = [cycle.start, cycle.stopped_at, cycle.retargeted_at]
    times += [time for stand in cycle.stands[-1:] for time in (stand.pause.since, stand.pause.until)]
    return max(time for time in times if time is not None)


def _ended(stands: Sequence[_Stand], at: datetime) -> tuple[_Stand, ...]:
    """The same up to `at`: the pause that still lasts ends."""
    return tuple(
        replace(stand, pause=Pause(stand.pause.since, min(at, stand.pause.until or at)))
        for stand in stands
        if stand.pause.since < at
    )
