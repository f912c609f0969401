"""What people do to tickets, as far as a replay does it too; pure over the desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from collector.tickets.desk.desk import Desk
from collector.tickets.model import Case, ChangeKind, Decision, TicketChange
from collector.tickets.state import TicketAct, advance

RESOLUTION_PERSON = "person"


def resolve_live(desk: Desk, keys: Iterable[str], at: datetime, fixed_in: str | None) -> int:
    """Resolve the live tickets of these fingerprints; how many there were."""
    resolved = 0
    for key in keys:
        case = desk.books.case(key)
        ticket = case.live
        if ticket is None:
            continue
        values = {"resolved_at": at, "resolution": RESOLUTION_PERSON, "fixed_in": fixed_in, "touched": True}
        _step(desk, key, case, TicketAct.RESOLVE, ChangeKind.RESOLVED, at, **values)
        if fixed_in is not None:
            desk.tidings.know_error(desk.books.about(key), fixed_in, at)
        resolved += 1
    return resolved


def _step(desk: Desk, key: str, case: Case, act: TicketAct, kind: ChangeKind, at: datetime, **values: object) -> None:
    ticket = case.ticket
    if ticket is None:
        raise ValueError("this step needs a ticket")
    after = advance(ticket.status, act)
    changed = replace(ticket, status=after, **values)  # type: ignore[arg-type]
    change = TicketChange(at, kind, ticket.id, {"from": ticket.status, "to": after})
    desk.books.keep(desk.books.about(key), Decision(Case(case.alert, changed), changes=(change,)))
