"""The rules that concern one fingerprint: R2, R3, R8, R9, R10 and R13, as three pure functions.

`on_signal` judges one event, `on_time` what time alone does (open delay, expiry, stable time, the end
of flapping), `on_release` what happens when something that held a fault back is over. Ingest, the jobs and
replay all come here through `collector.tickets.desk`; there is no other place where an alert moves by
rule or a ticket opens. Windows are measured on `received_at`; `occurred_at` decides only what is
late evidence. With a live ticket there is no open delay: the event belongs to it at once.

Three things that look odd and are meant so. The level of a live ticket rises at once and never falls
by itself. A ticket that a person resolved while its alert still fires is reopened by the next
event that is not late evidence, without another open delay: the fault has been there all along. A
fault that is held back fires all the same: it only has no ticket of its own.
"""

from __future__ import annotations

from datetime import datetime

from collector.settings.model import Rules
from collector.tickets.alert_state import AlertCause, AlertState
from collector.tickets.model import (
    HOSTING,
    Admission,
    Around,
    Case,
    ChangeKind,
    Decision,
    Disposition,
    Hold,
    Quiet,
    Signal,
)
from collector.tickets.returning import Return, is_late_evidence, is_unpatched, judge_return
from collector.tickets.state import TicketAct, TicketStatus
from collector.tickets.ticket_course import TicketCourse


def on_signal(case: Case, signal: Signal, rules: Rules, around: Around | None = None, kind: str = "fault") -> Decision:
    """Judge one event of this case. `kind` is that of a ticket that opens."""
    course = _Course(case, rules, around or Quiet(), kind)
    if not signal.firing:
        course.clear(signal)
    elif is_late_evidence(case.ticket, signal, rules):
        course.attach_late(signal)
    else:
        course.fire(signal)
    return course.decision()


def on_time(case: Case, rules: Rules, now: datetime, around: Around | None = None, kind: str = "fault") -> Decision:
    """What has become due by `now`; several steps at once when the collector was away for long."""
    course = _Course(case, rules, around or Quiet(), kind)
    while course.alert.due_at is not None and course.alert.due_at <= now:
        course.pass_time(course.alert.due_at, now)
    return course.decision()


def on_release(case: Case, rules: Rules, at: datetime, around: Around | None = None, kind: str = "fault") -> Decision:
    """What held the fault back is over at `at`: if it still fires, its ticket opens with that clock start."""
    course = _Course(case, rules, around or Quiet(), kind)
    course.release(at)
    return course.decision()


def on_promotion(case: Case, rules: Rules, at: datetime) -> Decision:
    """A person gives a fault that is held back a ticket of its own, whatever holds it."""
    course = _Course(case, rules, Quiet(), "fault")
    course.promote(at)
    return course.decision()


def on_merger(case: Case, rules: Rules, at: datetime) -> Decision:
    """A person merged its live ticket into another one."""
    course = _Course(case, rules, Quiet(), "fault")
    course.merge(at)
    return course.decision()


def on_taken_in(case: Case, rules: Rules, at: datetime, around: Around) -> Decision:
    """A storm takes in what still waits for its open delay."""
    course = _Course(case, rules, around, "fault")
    course.take_in(at)
    return course.decision()


class _Course(TicketCourse):
    """One decision in the making."""

    def __init__(self, case: Case, rules: Rules, around: Around, kind: str) -> None:
        super().__init__(case, rules, kind)
        self._around = around

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
        """R2 and R3: wait for the open delay, attach, open, reopen, or be held back."""
        at = signal.received_at
        self._note(signal)
        self._disposition = Disposition.TICKET
        if self._has_live:
            self._begin_firing(at)
            self._attach(signal)
        else:
            self._fire_without_ticket(signal, at)
        self._set(due_at=self._due())

    def _note(self, signal: Signal) -> None:
        """What the alert keeps of every firing event."""
        at, before = signal.received_at, self.alert
        if before.state is AlertState.OK:
            self._move(AlertCause.FIRING, at, first_firing_at=at, ok_at=None, level=signal.level, waiting_count=0)
            self._set(repeat_s=0.0, hold=None, host=None, held_count=0)
        elif before.last_firing_at is not None:
            self._set(repeat_s=max(before.repeat_s, (at - before.last_firing_at).total_seconds()))
        self._set(
            last_firing_at=at,
            level=min(self.alert.level, signal.level),
            clearable=self.alert.clearable or signal.clearable,
            version=signal.version or self.alert.version,
        )

    def _fire_without_ticket(self, signal: Signal, at: datetime) -> None:
        is_new = self.alert.state is AlertState.PENDING
        if not is_new and self.alert.hold in HOSTING:
            self._hold(Admission(self.alert.hold, self.alert.host), signal.count)
            return
        if is_new and not signal.immediate and at < self._opens_at():
            self._disposition = Disposition.PENDING
            self._set(waiting_count=self.alert.waiting_count + signal.count)
            return
        # A ticket that ended while the fault went on: the new clock starts now.
        since = self._begin_firing(at) if is_new else at
        self._open(at, since, signal.count)

    # ------------------------------------------------------------ time

    def pass_time(self, due: datetime, now: datetime) -> None:
        """One step of what time does; always moves `due_at` on."""
        calm, closes = self._calm_at(), self._closes_at()
        if calm is not None and calm <= due:
            self._settle(due)
        elif closes is not None and closes <= due:
            self._step(TicketAct.CLOSE, ChangeKind.CLOSED, now, closed_at=now)
        elif self.alert.state is AlertState.PENDING:
            since = self._begin_firing(now)
            self._open(now, since, 0)
        elif self.alert.state is AlertState.OK:
            self._recover(now)
        elif not self.alert.clearable:
            self._move(AlertCause.EXPIRY_PASSED, due)
            self._set(ok_at=due, hold=None, host=None, held_count=0)
        self._set(due_at=self._due())

    def take_in(self, at: datetime) -> None:
        """The open delay is cut short, and the gate names the storm."""
        self._move(AlertCause.TAKEN_IN, at)
        self._waiting = Disposition.TICKET
        self._rise(at)
        self._open(at, self.alert.first_firing_at or at, 0)
        self._set(due_at=self._due())

    def release(self, at: datetime) -> None:
        """Nothing holds it back any more."""
        if self.alert.state is AlertState.FIRING and not self._has_live:
            self._open(at, at, 0)
            self._set(due_at=self._due())
        else:
            self._set(hold=None, host=None, held_count=0)

    def promote(self, at: datetime) -> None:
        """A person gives it a ticket of its own; the clock starts when the fault began."""
        if self.alert.state is AlertState.FIRING and not self._has_live:
            self._open(at, self.alert.first_firing_at or at, 0)
            self._set(due_at=self._due())

    def merge(self, at: datetime) -> None:
        """Another fingerprint speaks for it: it is ok, and its ticket ends as merged."""
        self._move(AlertCause.MERGED, at)
        self._step(TicketAct.MERGE, ChangeKind.MERGED, at)
        self._rest(at)

    # ------------------------------------------------------------ ticket

    def _attach(self, signal: Signal) -> None:
        waited = self.alert.waiting_count
        self._set(waiting_count=0)
        ticket = self._counted(signal, waited)
        self._raise_level(signal.received_at)
        if ticket.status is TicketStatus.PENDING:
            self._step(TicketAct.RESUME, ChangeKind.RESUMED, signal.received_at)
        if ticket.status is TicketStatus.RECOVERED:
            act = TicketAct.RELAPSE if ticket.touched else TicketAct.RELAPSE_UNSEEN
            self._step(act, ChangeKind.RELAPSED, signal.received_at, recovered_at=None)

    def _hold(self, admission: Admission, count: int) -> None:
        """No ticket of its own; what waited is counted where it is held."""
        hold = admission.hold
        count += self.alert.waiting_count
        self._set(hold=hold, host=admission.host, held_count=self.alert.held_count + count, waiting_count=0)
        found = Disposition.HOSTED if hold in HOSTING else Disposition.SUPPRESSED
        if self._disposition is not None:
            self._disposition = found
        if self._waiting is not None:
            self._waiting = found

    def _open(self, at: datetime, since: datetime, count: int) -> None:
        """Reopen the last ticket (R8) or open a new one, unless something holds it; what waited counts too."""
        known = is_unpatched(self._ticket, self.alert.version, self._around.declared())
        admission = Admission(Hold.KNOWN) if known else self._around.admit(self.alert.level, at)
        if admission.hold is not None:
            self._hold(admission, count)
            return
        if self.alert.hold not in HOSTING:  # what a host counted stays there
            count += self.alert.held_count
        count += self.alert.waiting_count
        self._set(waiting_count=0, hold=None, host=None, held_count=0)
        last = self._ticket
        match judge_return(last, self.alert.version, at, self._rules):
            case Return.REOPEN:
                self._reopen(at, count, is_regressed=False)
            case Return.REOPEN_REGRESSED:
                self._reopen(at, count, is_regressed=True)
            case Return.FIRST:
                self._begin(at, since, count)
            case verdict:
                self._recur(at, since, count, is_regressed=verdict is Return.RECUR_REGRESSED)
