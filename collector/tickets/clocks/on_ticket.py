"""Which steps of its clocks follow from a change of a ticket; pure, and the only place that knows.

| change | first response | restore | resolve |
|---|---|---|---|
| opened | starts | starts | starts |
| acknowledged by a person | stops | | |
| waits | | pauses | pauses |
| goes on | | resumes | resumes |
| recovered | | stops at the first ok instant | resumes |
| relapsed | | next cycle | |
| resolved | stops, or cancelled if no person was there | stops | stops |
| reopened | | next cycle | next cycle |
| another level | other terms | other terms | other terms |
| cancelled, merged | cancelled | cancelled | cancelled |
| joined by another | from the earlier start | from the earlier start | from the earlier start |
| taken out of a merger | goes on | goes on | goes on |

A clock that its level does not promise does not run. Where a new level promises one that the old one did not, it
starts with the ticket's running cycle and takes over its pauses; then the new terms come, so that it is
overdue at the change at the earliest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from collector.sla.history import ClockAct, ClockState, Cycle, PauseReason, Step, Terms, no_earlier
from collector.sla.plan import Metric
from collector.tickets.model import RULE, ChangeKind

PAUSABLE = (Metric.RESTORE, Metric.RESOLVE)


@dataclass(frozen=True)
class TicketMove:
    """One line of the timeline as the clocks see it. `level` is the one afterwards."""

    kind: ChangeKind
    at: datetime
    actor: str
    level: int
    start_at: datetime  # of the ticket's clocks
    since: datetime | None = None  # recovered: the first ok instant
    reason: PauseReason | None = None  # waits: why


@dataclass(frozen=True)
class Start:
    """A clock begins."""

    metric: Metric
    at: datetime
    terms: Terms


@dataclass(frozen=True)
class Move:
    """A clock goes one step on."""

    metric: Metric
    step: Step


Cycles = Mapping[Metric, Cycle]  # the newest of each clock that the ticket has
TermsOf = Callable[[int, Metric], Terms | None]
Following = Iterator[Start | Move]


def steps_after(move: TicketMove, cycles: Cycles, terms_of: TermsOf) -> list[Start | Move]:
    """The steps, in their order; none for most kinds."""
    rule = _RULES.get(move.kind)
    return [] if rule is None else list(rule(move, cycles, terms_of))


def _opened(move: TicketMove, cycles: Cycles, terms_of: TermsOf) -> Following:
    for metric in Metric:
        terms = terms_of(move.level, metric)
        if terms is not None and metric not in cycles:
            yield Start(metric, move.start_at, terms)


def _acknowledged(move: TicketMove, cycles: Cycles, _: TermsOf) -> Following:
    if move.actor != RULE:
        yield from _stopped(cycles, move.at, Metric.FIRST_RESPONSE)


def _paused(move: TicketMove, cycles: Cycles, _: TermsOf) -> Following:
    for metric in PAUSABLE:
        cycle = cycles.get(metric)
        if cycle is not None and cycle.state is ClockState.RUNNING:
            yield Move(metric, Step(no_earlier(cycle, move.at), ClockAct.PAUSE, reason=move.reason))


def _resumed(move: TicketMove, cycles: Cycles, _: TermsOf) -> Following:
    for metric in PAUSABLE:
        cycle = cycles.get(metric)
        if cycle is not None and cycle.state is ClockState.PAUSED:
            yield Move(metric, Step(no_earlier(cycle, move.at), ClockAct.RESUME))


def _recovered(move: TicketMove, cycles: Cycles, terms_of: TermsOf) -> Following:
    yield from _stopped(cycles, move.since or move.at, Metric.RESTORE)
    yield from _resumed(move, {metric: cycle for metric, cycle in cycles.items() if metric in _RESOLVES}, terms_of)


def _relapsed(move: TicketMove, cycles: Cycles, terms_of: TermsOf) -> Following:
    yield from _begun_again(move, cycles, terms_of, Metric.RESTORE)


def _resolved(move: TicketMove, cycles: Cycles, _: TermsOf) -> Following:
    yield from _stopped(cycles, move.at, Metric.RESTORE, Metric.RESOLVE)
    answered = ClockAct.CANCEL if move.actor == RULE else ClockAct.STOP
    yield from _ended(cycles, move.at, answered, Metric.FIRST_RESPONSE)


def _reopened(move: TicketMove, cycles: Cycles, terms_of: TermsOf) -> Following:
    yield from _begun_again(move, cycles, terms_of, *PAUSABLE)


def _levelled(move: TicketMove, cycles: Cycles, terms_of: TermsOf) -> Following:
    for metric in Metric:
        cycle, terms = cycles.get(metric), terms_of(move.level, metric)
        if cycle is None and terms is not None:
            yield from _added(move, cycles, metric, terms)
        elif cycle is not None and cycle.is_open and terms is None:
            yield Move(metric, Step(no_earlier(cycle, move.at), ClockAct.CANCEL))
        elif cycle is not None and cycle.is_open and terms is not None:
            yield Move(metric, Step(no_earlier(cycle, move.at), ClockAct.RETARGET, terms=terms))


def _added(move: TicketMove, cycles: Cycles, metric: Metric, terms: Terms) -> Following:
    """A clock that the old level did not promise: as if it had run beside the resolving one."""
    beside = cycles.get(Metric.RESOLVE)
    if metric is Metric.FIRST_RESPONSE or (beside is not None and not beside.is_open):
        return
    yield from _as_if(move, metric, beside.start if beside is not None else move.start_at, beside, terms)


def _as_if(move: TicketMove, metric: Metric, start: datetime, like: Cycle | None, terms: Terms) -> Following:
    """A clock that begins at `start` and stood whenever `like` did; overdue at the change at the earliest."""
    yield Start(metric, start, terms)
    for stand in like.stands if like is not None else ():
        yield Move(metric, Step(stand.pause.since, ClockAct.PAUSE, reason=stand.reason))
        if stand.pause.until is not None:
            yield Move(metric, Step(stand.pause.until, ClockAct.RESUME))
    at = move.at if like is None else no_earlier(like, move.at)
    yield Move(metric, Step(at, ClockAct.RETARGET, terms=terms))


def _joined(move: TicketMove, cycles: Cycles, terms_of: TermsOf) -> Following:
    """I12: two tickets go on as one, from the start of the earlier one and by the worse level."""
    for metric, cycle in cycles.items():
        terms = terms_of(move.level, metric)
        if terms is not None and cycle.is_open and cycle.number == 1 and move.start_at < cycle.start:
            yield from _as_if(move, metric, move.start_at, cycle, terms)
    others = {metric: cycle for metric, cycle in cycles.items() if cycle.start <= move.start_at or cycle.number > 1}
    changed = {metric for metric, cycle in others.items() if cycle.terms != terms_of(move.level, metric)}
    yield from (step for step in _levelled(move, cycles, terms_of) if step.metric in changed)


def _unmerged(move: TicketMove, cycles: Cycles, terms_of: TermsOf) -> Following:
    """What the merger cancelled goes on as if it had run all the time."""
    for metric, cycle in cycles.items():
        terms = terms_of(move.level, metric)
        if terms is not None and cycle.state is ClockState.CANCELLED and cycle.number == 1:
            yield from _as_if(move, metric, cycle.start, cycle, terms)


def _cancelled(move: TicketMove, cycles: Cycles, _: TermsOf) -> Following:
    yield from _ended(cycles, move.at, ClockAct.CANCEL, *Metric)


def _stopped(cycles: Cycles, at: datetime, *metrics: Metric) -> Following:
    for metric in metrics:
        cycle = cycles.get(metric)
        if cycle is not None and cycle.is_open:
            yield Move(metric, Step(max(at, cycle.start), ClockAct.STOP))


def _ended(cycles: Cycles, at: datetime, act: ClockAct, *metrics: Metric) -> Following:
    for metric in metrics:
        cycle = cycles.get(metric)
        if cycle is not None and cycle.is_open:
            yield Move(metric, Step(no_earlier(cycle, at), act))


def _begun_again(move: TicketMove, cycles: Cycles, terms_of: TermsOf, *metrics: Metric) -> Following:
    for metric in metrics:
        cycle, terms = cycles.get(metric), terms_of(move.level, metric)
        if terms is None:
            continue
        if cycle is None:
            yield Start(metric, move.at, terms)
        elif cycle.state is ClockState.STOPPED:
            yield Move(metric, Step(no_earlier(cycle, move.at), ClockAct.REOPEN, terms=terms))


_RESOLVES = frozenset({Metric.RESOLVE})
_K = ChangeKind
_RULES: Mapping[ChangeKind, Callable[[TicketMove, Cycles, TermsOf], Following]] = MappingProxyType(
    {
        _K.OPENED: _opened,
        _K.ACKNOWLEDGED: _acknowledged,
        _K.PAUSED: _paused,
        _K.RESUMED: _resumed,
        _K.RECOVERED: _recovered,
        _K.RELAPSED: _relapsed,
        _K.RESOLVED: _resolved,
        _K.REOPENED: _reopened,
        _K.LEVEL_RAISED: _levelled,
        _K.LEVEL_LOWERED: _levelled,
        _K.CANCELLED: _cancelled,
        _K.MERGED: _cancelled,
        _K.JOINED: _joined,
        _K.UNMERGED: _unmerged,
    }
)
MOVING = frozenset(_RULES)
