"""One decision in the making, as far as it concerns the ticket: it opens, comes back, recovers, gets worse."""

from __future__ import annotations

from datetime import datetime, timedelta

from collector.settings.model import Rules
from collector.tickets.alert_course import RESOLUTION_AUTO, AlertCourse
from collector.tickets.copying import replaced
from collector.tickets.model import Case, ChangeKind, Signal, Ticket
from collector.tickets.state import TicketAct, TicketStatus, advance

AUTO_RESOLVE_FROM_LEVEL = 3


class TicketCourse(AlertCourse):
    """The ticket of one case on its way through a decision. `kind` is that of a ticket that opens."""

    def __init__(self, case: Case, rules: Rules, kind: str) -> None:
        super().__init__(case, rules)
        self._kind = kind

    def _begin(self, at: datetime, since: datetime, count: int, **values: object) -> None:
        ticket = Ticket(
            id=None,
            status=TicketStatus.NEW,
            level=self.alert.level,
            count=count,
            clock_start_at=since,
            opened_at=at,
            first_event_at=since,
            last_event_at=self.alert.last_firing_at or at,
            kind=self._kind,
        )
        self._ticket = replaced(ticket, **values)
        self._change(ChangeKind.OPENED, at, self._ticket, {"level": self._ticket.level})

    def _recur(self, at: datetime, since: datetime, count: int, *, is_regressed: bool) -> None:
        """R8.4 and R8.5: too many of them make the level one worse."""
        oldest = at - timedelta(seconds=self._rules.recurrence_window_s)
        recurred = (*(time for time in self.alert.recurred_at if time > oldest), at)[-self._rules.recurrences :]
        self._set(recurred_at=recurred)
        level = self.alert.level
        if len(recurred) >= self._rules.recurrences:
            level = max(1, level - 1)
        self._begin(at, since, count, level=level, recurrence_of=self._held().id, regressed=is_regressed)
        if is_regressed:
            self._change(ChangeKind.REGRESSED, at, self._held(), {"version": self.alert.version or ""})

    def _reopen(self, at: datetime, count: int, *, is_regressed: bool) -> None:
        last = self._held()
        reopened = last.reopen_count + 1
        self._ticket = replaced(last, count=last.count + count, last_event_at=at, reopen_count=reopened)
        cleared = {"recovered_at": None, "resolved_at": None, "resolution": None, "closed_at": None, "fixed_in": None}
        self._step(TicketAct.REOPEN, ChangeKind.REOPENED, at, **cleared)
        if is_regressed:
            self._ticket = replaced(self._held(), regressed=True)
            self._change(ChangeKind.REGRESSED, at, self._ticket, {"version": self.alert.version or ""})
        self._raise_level(at)

    def _recover(self, now: datetime) -> None:
        """R10: recovered since the first ok instant; level 3 and 4 resolve themselves if nobody touched them."""
        ticket = self._ticket
        if ticket is None or not ticket.is_live:
            return
        if ticket.status is not TicketStatus.RECOVERED:
            self._step(
                TicketAct.RECOVER, ChangeKind.RECOVERED, now, since=self.alert.ok_at, recovered_at=self.alert.ok_at
            )
        if ticket.level >= AUTO_RESOLVE_FROM_LEVEL and not ticket.touched:
            values = {"resolved_at": now, "resolution": RESOLUTION_AUTO}
            self._step(TicketAct.RESOLVE, ChangeKind.RESOLVED, now, **values)  # type: ignore[arg-type]

    def _raise_level(self, at: datetime) -> None:
        ticket = self._held()
        if self.alert.level < min(ticket.level, ticket.lowered_from or ticket.level):
            detail: dict[str, str | int] = {"from": ticket.level, "to": self.alert.level}
            self._ticket = replaced(ticket, level=self.alert.level)
            self._change(ChangeKind.LEVEL_RAISED, at, self._ticket, detail)

    def _counted(self, signal: Signal, waited: int = 0) -> Ticket:
        ticket = self._held()
        latest = max(ticket.last_event_at, signal.received_at)
        self._ticket = replaced(ticket, count=ticket.count + signal.count + waited, last_event_at=latest)
        return self._ticket

    def _step(
        self, act: TicketAct, kind: ChangeKind, at: datetime, *, since: datetime | None = None, **values: object
    ) -> None:
        ticket = self._held()
        after = advance(ticket.status, act)
        detail: dict[str, str | int] = {"from": ticket.status, "to": after}
        if since is not None:
            detail["since"] = since.isoformat()
        self._ticket = replaced(ticket, status=after, **values)
        self._change(kind, at, self._ticket, detail)
