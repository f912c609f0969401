"""R14: two live tickets of a site go on as one, and what comes later follows; pure over the desk.

The merged fingerprint is ok from then on: the other one speaks for it, counts its events and fires
in its place. Both tickets keep their logs. Taken back, it speaks for itself again, and its
ticket is in somebody's hands.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from collector.tickets.alert_state import AlertState
from collector.tickets.desk.desk import Desk
from collector.tickets.model import Case, ChangeKind, Decision, Signal, Ticket, TicketChange
from collector.tickets.policy import on_merger
from collector.tickets.state import TicketAct, advance


def merge(desk: Desk, key: str, into: str, at: datetime) -> None:
    """The live ticket of `key` goes on as that of `into`; both must have one."""
    books = desk.books
    before, target = books.case(key), books.case(into)
    ticket, other = _live(before), _live(target)
    alert = before.alert
    desk.follow(books.about(key), before, on_merger(before, desk.rules, at), at)
    books.set_speaker(key, into)
    joined = replace(
        other,
        level=min(other.level, ticket.level),
        clock_start_at=min(other.clock_start_at, ticket.clock_start_at),  # I12
        first_event_at=min(other.first_event_at, ticket.first_event_at),
        touched=True,
    )
    change = TicketChange(at, ChangeKind.JOINED, other.id, {"ticket": ticket.id or 0})
    books.keep(books.about(into), Decision(Case(target.alert, joined), changes=(change,)))
    if ticket.id is not None:
        books.adopt(ticket.id, parent=other.id)
    if alert is not None and alert.state is AlertState.FIRING:
        still = Signal(
            firing=True,
            level=alert.level,
            count=0,
            received_at=at,
            occurred_at=at,
            clearable=alert.clearable,
            immediate=True,
        )
        desk.signal(books.about(into), still)


def unmerge(desk: Desk, key: str, at: datetime) -> None:
    """The fingerprint speaks for itself again, and its merged ticket goes on."""
    books = desk.books
    case = books.case(key)
    ticket = case.ticket
    if ticket is None:
        raise ValueError("a merged fingerprint has a ticket")
    books.set_speaker(key, None)
    after = advance(ticket.status, TicketAct.UNMERGE)
    change = TicketChange(at, ChangeKind.UNMERGED, ticket.id, {"from": ticket.status, "to": after})
    freed = replace(ticket, status=after, touched=True, parent=None)
    books.keep(books.about(key), Decision(Case(case.alert, freed), changes=(change,)))


def _live(case: Case) -> Ticket:
    if case.live is None:
        raise ValueError("only live tickets are merged")
    return case.live
