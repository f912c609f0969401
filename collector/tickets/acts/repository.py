"""What a person, or closing time, does to one ticket; SQL only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from collector.store.tables import alert, event, fingerprint, ticket, ticket_event, user
from collector.tickets.model import ChangeKind
from collector.tickets.state import TicketStatus


def closable(connection: Connection, resolved_until: datetime, resolution: str, limit: int) -> list[int]:
    """Tickets with this resolution that were resolved at or before an instant and are not closed."""
    query = (
        select(ticket.c.id)
        .where(ticket.c.status == TicketStatus.RESOLVED.value, ticket.c.resolved_at <= resolved_until)
        .where(ticket.c.resolution == resolution)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


@dataclass(frozen=True)
class Held:
    """A ticket as an action finds it."""

    id: int
    number: str
    site_id: str
    fingerprint_id: int
    status: TicketStatus
    level: int
    module: str
    code: str
    lowered_from: int | None
    acknowledged_by: str | None
    assignee: str | None


def find_ticket(connection: Connection, number: str) -> Held | None:
    """The ticket with this number."""
    return _held(connection.execute(select(ticket).where(ticket.c.number == number)).mappings().first())


def ticket_by_id(connection: Connection, ticket_id: int) -> Held | None:
    """The ticket with this row id."""
    return _held(connection.execute(select(ticket).where(ticket.c.id == ticket_id)).mappings().first())


def _held(row: RowMapping | None) -> Held | None:
    if row is None:
        return None
    names = (
        "id",
        "number",
        "site_id",
        "fingerprint_id",
        "level",
        "module",
        "code",
        "lowered_from",
        "acknowledged_by",
        "assignee",
    )
    return Held(status=TicketStatus(row["status"]), **{name: row[name] for name in names})


def change_ticket(connection: Connection, held: Held, values: Mapping[str, Any]) -> None:
    """Set columns of the ticket."""
    connection.execute(update(ticket).where(ticket.c.id == held.id).values(**values))


def count_reopening(connection: Connection, held: Held) -> None:
    """One more reopening; the alert points to this ticket again."""
    again = {"reopen_count": ticket.c.reopen_count + 1}
    connection.execute(update(ticket).where(ticket.c.id == held.id).values(again))
    mine = alert.c.fingerprint_id == held.fingerprint_id
    connection.execute(update(alert).where(mine).values(ticket_id=held.id))


def has_live_ticket(connection: Connection, fingerprint_id: int, live: Iterable[TicketStatus]) -> bool:
    """Whether the fingerprint has a ticket in one of these statuses."""
    names = [status.value for status in live]
    query = select(func.count()).where(ticket.c.fingerprint_id == fingerprint_id, ticket.c.status.in_(names))
    return bool(connection.execute(query).scalar_one())


def hash_of(connection: Connection, fingerprint_id: int) -> str:
    """The hash of a fingerprint's row."""
    return str(connection.execute(select(fingerprint.c.hash).where(fingerprint.c.id == fingerprint_id)).scalar_one())


def merged_at(connection: Connection, ticket_id: int) -> datetime | None:
    """When it was merged last."""
    query = select(ticket_event.c.at).where(
        ticket_event.c.ticket_id == ticket_id, ticket_event.c.kind == ChangeKind.MERGED.value
    )
    return connection.execute(query.order_by(ticket_event.c.id.desc()).limit(1)).scalar_one_or_none()


def is_active_user(connection: Connection, name: str) -> bool:
    """Whether somebody of this name may work on tickets."""
    query = select(func.count()).where(user.c.name == name, user.c.disabled_at.is_(None))
    return bool(connection.execute(query).scalar_one())


def event_bodies(connection: Connection, agent_id: str, event_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Events of this agent by their ids: row id and the whole record as JSON."""
    query = select(event.c.id, event.c.event_id, event.c.body).where(
        event.c.agent_id == agent_id, event.c.event_id.in_(event_ids)
    )
    return {row.event_id: (row.id, row.body) for row in connection.execute(query)}


def save_event_body(connection: Connection, row_id: int, body: str) -> None:
    """Replace the record of one event."""
    connection.execute(update(event).where(event.c.id == row_id).values(body=body))
