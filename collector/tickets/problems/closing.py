"""I11: a ticket that is resolved does not stay open for more than a week after its problem was closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from collector.store.database import Store
from collector.tickets.acts import repository as acts
from collector.tickets.model import RULE, ChangeKind
from collector.tickets.problems import repository
from collector.tickets.service import act_on
from collector.tickets.state import TicketAct, TicketStatus

CLOSED_WITHIN = timedelta(days=7)
CHUNK = 100


def close_children(store: Store, now: datetime) -> int:
    """Close them; how many. What is not resolved yet waits for a person."""
    with store.reading() as connection:
        numbers = repository.resolved_children(connection, now - CLOSED_WITHIN, CHUNK)
    for number in numbers:
        with store.writing() as connection:
            held = acts.ticket_by_id(connection, number)
            if held is not None and held.status is TicketStatus.RESOLVED:
                act_on(connection, held, TicketAct.CLOSE, ChangeKind.CLOSED, RULE, now, {"closed_at": now})
    return len(numbers)
