"""One decision in the making, as far as it concerns the alert: its moves, its times, its flapping."""

from __future__ import annotations

from datetime import datetime, timedelta

from collector.settings.model import Rules
from collector.tickets.alert_state import AlertCause, AlertState, move
from collector.tickets.copying import replaced
from collector.tickets.model import Alert, AlertMove, Case, ChangeKind, Decision, Disposition, Ticket, TicketChange
from collector.tickets.state import TicketStatus

REPEATS_BEFORE_EXPIRY = 3
RESOLUTION_AUTO = "auto"


class AlertCourse:
    """The alert of one case on its way through a decision."""

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
        """What came of it."""
        alert = self.alert if self._known or self._moves else None
        case = Case(alert, self._ticket)
        return Decision(case, tuple(self._moves), tuple(self._changes), self._disposition, self._waiting)

    # ------------------------------------------------------------ times

    def _due(self) -> datetime | None:
        """When time alone changes something next."""
        alert = self.alert
        due: datetime | None = None
        if alert.state is AlertState.PENDING:
            due = self._opens_at()
        elif alert.state is AlertState.FIRING:
            due = self._expires_at()
        elif alert.ok_at is not None and self._has_live and not self._is_recovered:
            due = max(alert.ok_at + self._stable(), self._calm_at() or alert.ok_at)
        return min((time for time in (due, self._calm_at(), self._closes_at()) if time is not None), default=None)

    def _closes_at(self) -> datetime | None:
        """R10: what resolved itself closes after some days."""
        ticket = self._ticket
        if ticket is None or ticket.status is not TicketStatus.RESOLVED or ticket.resolution != RESOLUTION_AUTO:
            return None
        if ticket.resolved_at is None:
            return None
        return ticket.resolved_at + timedelta(seconds=self._rules.close_after_s)

    def _opens_at(self) -> datetime:
        first = self.alert.first_firing_at
        if first is None:
            raise ValueError("an alert that is pending has a first firing event")
        return first + timedelta(seconds=self._rules.open_delay_s[self.alert.level - 1])

    def _expires_at(self) -> datetime | None:
        last = self.alert.last_firing_at
        if self.alert.clearable or last is None:
            return None
        quiet_s = max(self._rules.stateless_expiry_s, REPEATS_BEFORE_EXPIRY * self.alert.repeat_s)
        return last + timedelta(seconds=quiet_s)

    def _stable(self) -> timedelta:
        return timedelta(seconds=self._rules.stable_s[self._held().level - 1])

    # ------------------------------------------------------------ flapping, R9

    def _calm_at(self) -> datetime | None:
        """When it will have flapped no more for long enough."""
        if not self.alert.is_flapping or not self.alert.risen_at:
            return None
        return self.alert.risen_at[-1] + timedelta(seconds=self._rules.flapping_window_s)

    def _rise(self, at: datetime) -> None:
        oldest = at - timedelta(seconds=self._rules.flapping_window_s)
        risen = (*(time for time in self.alert.risen_at if time > oldest), at)[-self._rules.flapping_rises :]
        self._set(risen_at=risen)
        if len(risen) >= self._rules.flapping_rises and not self.alert.is_flapping:
            self._set(is_flapping=True)
            if self._ticket is not None:
                self._change(ChangeKind.FLAPPING, at, self._ticket, {"times": len(risen)})

    def _settle(self, at: datetime) -> None:
        self._set(is_flapping=False, risen_at=())
        if self._ticket is not None:
            self._change(ChangeKind.SETTLED, at, self._ticket, {})

    # ------------------------------------------------------------ moves

    def _begin_firing(self, at: datetime) -> datetime:
        """The open delay is over; returns when the fault began, which is when the ticket's clock starts."""
        if self.alert.state is AlertState.PENDING:
            self._move(AlertCause.DELAY_PASSED, at)
            self._waiting = Disposition.TICKET
            self._rise(at)
        return self.alert.first_firing_at or at

    def _rest(self, since: datetime) -> None:
        """The alert is ok since then; the stable time runs if a ticket waits for it."""
        self._set(ok_at=since, hold=None, host=None, held_count=0)
        self._set(due_at=self._due())

    def _move(self, cause: AlertCause, at: datetime, **values: object) -> None:
        before = self.alert.state
        after = move(before, cause)
        if after is not before:
            self._moves.append(AlertMove(at, before, after, cause))
        self._set(state=after, **values)

    def _set(self, **values: object) -> None:
        self.alert = replaced(self.alert, **values)

    # ------------------------------------------------------------ its ticket

    @property
    def _is_recovered(self) -> bool:
        return self._ticket is not None and self._ticket.status is TicketStatus.RECOVERED

    @property
    def _has_live(self) -> bool:
        return self._ticket is not None and self._ticket.is_live

    def _held(self) -> Ticket:
        if self._ticket is None:
            raise ValueError("this step needs a ticket")
        return self._ticket

    def _change(self, kind: ChangeKind, at: datetime, ticket: Ticket, detail: dict[str, str | int]) -> None:
        self._changes.append(TicketChange(at, kind, ticket.id, detail))
