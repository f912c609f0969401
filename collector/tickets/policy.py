"""The rules R2, R3, R8 (1 and 4), R10 and the basics of R13, as two pure functions.

`on_signal` judges one event, `on_time` what time alone does (open delay, expiry, stable time).
Ingest, the jobs and replay all call these two; there is no other place where an alert moves by
rule or a ticket opens. Windows are measured on `received_at`; `occurred_at` decides only what is
late evidence. With a live ticket there is no open delay: the event belongs to it at once.

Two things that look odd and are meant so. The level of a live ticket rises at once and never falls
by itself. A ticket that a person resolved while its alert still fires is reopened by the next
event that is not late evidence, without another open delay: the fault has been there all along.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from collector.settings.model import Rules
from collector.tickets.alert_state import AlertCause, AlertState, move
from collector.tickets.model import (
    Alert,
    AlertMove,
    Case,
    ChangeKind,
    Decision,
    Disposition,
    Signal,
    Ticket,
    TicketChange,
)
from collector.tickets.state import ENDED, TicketAct, TicketStatus, advance

LATE_OCCURRED_S = 60  # R8.1: a clock that is a little off must not reopen what was just resolved
AUTO_RESOLVE_FROM_LEVEL = 3
RESOLUTION_AUTO = "auto"


def on_signal(case: Case, signal: Signal, rules: Rules) -> Decision:
    """Judge one event of this case."""
    course = _Course(case, rules)
    if not signal.firing:
        course.clear(signal)
    elif _is_late_evidence(case.ticket, signal, rules):
        course.attach_late(signal)
    else:
        course.fire(signal)
    return course.decision()


def on_time(case: Case, rules: Rules, now: datetime) -> Decision:
    """What has become due by `now`; several steps at once when the collector was away for long."""
    course = _Course(case, rules)
    while course.alert.due_at is not None and course.alert.due_at <= now:
        course.pass_time(course.alert.due_at, now)
    return course.decision()


def _is_late_evidence(ticket: Ticket | None, signal: Signal, rules: Rules) -> bool:
    """R8.1: about the time before the resolution, or hardly after it and received soon."""
    if ticket is None or ticket.status not in ENDED or ticket.resolved_at is None:
        return False
    if signal.occurred_at <= ticket.resolved_at:
        return True
    soon = signal.received_at < ticket.resolved_at + timedelta(seconds=rules.late_evidence_s)
    return soon and signal.occurred_at <= ticket.resolved_at + timedelta(seconds=LATE_OCCURRED_S)


class _Course:
    """One decision in the making."""

    def __init__(self, case: Case, rules: Rules) -> None:
        self._rules = rules
        self._known = case.alert is not None
        self.alert = case.alert or Alert()
        self._ticket = case.ticket
        self._moves: list[AlertMove] = []
        self._changes: list[TicketChange] = []
        self._disposition: Disposition | None = None
        self._waiting: Disposition | None = None

    def decision(self) -> Decision:
        alert = self.alert if self._known or self._moves else None
        case = Case(alert, self._ticket)
        return Decision(case, tuple(self._moves), tuple(self._changes), self._disposition, self._waiting)

    # ------------------------------------------------------------ signals

    def clear(self, signal: Signal) -> None:
        """R2 and R10: the fault is gone; a live ticket recovers when that has lasted."""
        self._disposition = Disposition.CLEARING
        was = self.alert.state
        if was is AlertState.OK:
            return
        self._move(AlertCause.OK, signal.received_at, clearable=True)
        if was is AlertState.PENDING:
            self._waiting = Disposition.TRANSIENT
            self._set(transient_count=self.alert.transient_count + 1, waiting_count=0)
        self._rest(signal.received_at)

    def attach_late(self, signal: Signal) -> None:
        """Count it on the ticket that has ended, and leave the alert alone."""
        ticket = self._counted(signal)
        self._disposition = Disposition.TICKET
        detail: dict[str, str | int] = {"count": signal.count, "occurred_at": signal.occurred_at.isoformat()}
        self._change(ChangeKind.LATE_EVIDENCE, signal.received_at, ticket, detail)

    def fire(self, signal: Signal) -> None:
        """R2 and R3: wait for the open delay, attach, open or reopen."""
        at = signal.received_at
        if self.alert.state is AlertState.OK:
            self._move(AlertCause.FIRING, at, first_firing_at=at, ok_at=None, level=signal.level, waiting_count=0)
        self._set(
            last_firing_at=at,
            level=min(self.alert.level, signal.level),
            clearable=self.alert.clearable or signal.clearable,
        )
        self._disposition = Disposition.TICKET
        live = self._ticket is not None and self._ticket.is_live
        if self.alert.state is AlertState.PENDING and not live and not signal.immediate and at < self._opens_at():
            self._disposition = Disposition.PENDING
            self._set(waiting_count=self.alert.waiting_count + signal.count, due_at=self._opens_at())
            return
        since = at  # a ticket that ended while the fault went on: the new clock starts now
        if self.alert.state is AlertState.PENDING:
            since = self._begin_firing(at)
        if live:
            self._attach(signal)
        else:
            self._open(at, since, signal.count)
        self._set(due_at=self._expires_at())

    # ------------------------------------------------------------ time

    def pass_time(self, due: datetime, now: datetime) -> None:
        """One step of what time does to the alert; always moves `due_at` on."""
        self._set(due_at=None)
        if self.alert.state is AlertState.PENDING:
            since = self._begin_firing(now)
            self._open(now, since, 0)
            self._set(due_at=self._expires_at())
        elif self.alert.state is AlertState.OK:
            self._recover(now)
        elif not self.alert.clearable:
            self._move(AlertCause.EXPIRY_PASSED, due)
            self._rest(due)

    def _opens_at(self) -> datetime:
        first = self.alert.first_firing_at
        if first is None:
            raise ValueError("an alert that is pending has a first firing event")
        return first + timedelta(seconds=self._rules.open_delay_s[self.alert.level - 1])

    def _expires_at(self) -> datetime | None:
        last = self.alert.last_firing_at
        if self.alert.clearable or last is None:
            return None
        return last + timedelta(seconds=self._rules.stateless_expiry_s)

    # ------------------------------------------------------------ alert

    def _begin_firing(self, at: datetime) -> datetime:
        """The open delay is over; returns when the fault began, which is when the ticket's clock starts."""
        self._move(AlertCause.DELAY_PASSED, at)
        self._waiting = Disposition.TICKET
        return self.alert.first_firing_at or at

    def _rest(self, since: datetime) -> None:
        """The alert is ok since then; the stable time runs if a ticket waits for it."""
        due = None
        if self._ticket is not None and self._ticket.is_live:
            due = since + timedelta(seconds=self._rules.stable_s[self._ticket.level - 1])
        self._set(ok_at=since, due_at=due)

    def _move(self, cause: AlertCause, at: datetime, **values: object) -> None:
        before = self.alert.state
        after = move(before, cause)
        if after is not before:
            self._moves.append(AlertMove(at, before, after, cause))
        self._set(state=after, **values)

    def _set(self, **values: object) -> None:
        self.alert = replace(self.alert, **values)  # type: ignore[arg-type]

    # ------------------------------------------------------------ ticket

    def _attach(self, signal: Signal) -> None:
        ticket = self._counted(signal)
        self._raise_level(signal.received_at)
        if ticket.status is TicketStatus.RECOVERED:
            act = TicketAct.RELAPSE if ticket.touched else TicketAct.RELAPSE_UNSEEN
            self._step(act, ChangeKind.RELAPSED, signal.received_at, recovered_at=None)

    def _open(self, at: datetime, since: datetime, count: int) -> None:
        """Reopen the last ticket (R8.4) or open a new one; what waited is counted with it."""
        count += self.alert.waiting_count
        self._set(waiting_count=0)
        last = self._ticket
        ended_at = last.resolved_at if last is not None and last.status in ENDED else None
        if last is not None and ended_at and at - ended_at <= timedelta(seconds=self._rules.reopen_within_s):
            self._reopen(last, at, count)
            return
        self._ticket = Ticket(
            id=None,
            status=TicketStatus.NEW,
            level=self.alert.level,
            count=count,
            clock_start_at=since,
            opened_at=at,
            first_event_at=since,
            last_event_at=self.alert.last_firing_at or at,
            recurrence_of=last.id if last is not None and ended_at else None,
        )
        self._change(ChangeKind.OPENED, at, self._ticket, {"level": self._ticket.level})

    def _reopen(self, last: Ticket, at: datetime, count: int) -> None:
        self._ticket = replace(last, count=last.count + count, last_event_at=at, reopen_count=last.reopen_count + 1)
        self._step(
            TicketAct.REOPEN,
            ChangeKind.REOPENED,
            at,
            recovered_at=None,
            resolved_at=None,
            resolution=None,
            closed_at=None,
        )
        self._raise_level(at)

    def _recover(self, now: datetime) -> None:
        """R10: recovered since the first ok instant; level 3 and 4 resolve themselves if nobody touched them."""
        ticket = self._ticket
        if ticket is None or not ticket.is_live:
            return
        if ticket.status is not TicketStatus.RECOVERED:
            self._step(TicketAct.RECOVER, ChangeKind.RECOVERED, now, recovered_at=self.alert.ok_at)
        if ticket.level >= AUTO_RESOLVE_FROM_LEVEL and not ticket.touched:
            values = {"resolved_at": now, "resolution": RESOLUTION_AUTO}
            self._step(TicketAct.RESOLVE, ChangeKind.RESOLVED, now, **values)

    def _raise_level(self, at: datetime) -> None:
        ticket = self._held()
        if self.alert.level < ticket.level:
            detail: dict[str, str | int] = {"from": ticket.level, "to": self.alert.level}
            self._ticket = replace(ticket, level=self.alert.level)
            self._change(ChangeKind.LEVEL_RAISED, at, self._ticket, detail)

    def _held(self) -> Ticket:
        if self._ticket is None:
            raise ValueError("this step needs a ticket")
        return self._ticket

    def _counted(self, signal: Signal) -> Ticket:
        ticket = self._held()
        latest = max(ticket.last_event_at, signal.received_at)
        self._ticket = replace(ticket, count=ticket.count + signal.count, last_event_at=latest)
        return self._ticket

    def _step(self, act: TicketAct, kind: ChangeKind, at: datetime, **values: object) -> None:
        ticket = self._held()
        after = advance(ticket.status, act)
        detail: dict[str, str | int] = {"from": ticket.status, "to": after}
        self._ticket = replace(ticket, status=after, **values)  # type: ignore[arg-type]
        self._change(kind, at, self._ticket, detail)

    def _change(self, kind: ChangeKind, at: datetime, ticket: Ticket, detail: dict[str, str | int]) -> None:
        self._changes.append(TicketChange(at, kind, ticket.id, detail))
