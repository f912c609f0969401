"""Tickets that wait for their customer; SQL only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from collector.store.tables import site, ticket
from collector.tickets.state import TicketStatus


@dataclass(frozen=True)
class Waiter:
    """One ticket that waits for an answer. `calendar` is its site's, None the collector's default."""

    id: int
    number: str
    site_id: str
    calendar: str | None
    since: datetime
    reminded: int
    reminded_at: datetime | None


def waiters(connection: Connection, after: int, since_before: datetime, limit: int) -> Sequence[Waiter]:
    """Those that have waited since before an instant, by id, beyond one."""
    query = (
        select(
            ticket.c.id,
            ticket.c.number,
            ticket.c.site_id,
            site.c.calendar,
            ticket.c.waiting_since,
            ticket.c.reminded,
            ticket.c.reminded_at,
        )
        .join(site, site.c.id == ticket.c.site_id)
        .where(ticket.c.status == TicketStatus.PENDING.value, ticket.c.waiting_since < since_before)
        .where(ticket.c.id > after)
        .order_by(ticket.c.id)
        .limit(limit)
    )
    return [Waiter(*row) for row in connection.execute(query)]
