"""Reading the past for the lab, in pages of short transactions; SQL only, and only SELECT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from collector.store.database import Store
from collector.store.tables import event, fingerprint, maintenance_window, ticket, ticket_event
from collector.tickets.model import RULE, ChangeKind, Disposition

PAGE = 2_000
ACTS = 10_000


def first_event(connection: Connection, since: datetime) -> int | None:
    """The first row since then."""
    found: int | None = connection.execute(
        select(func.min(event.c.id)).where(event.c.received_at >= since)
    ).scalar_one()
    return found


def count_events(connection: Connection, first: int, sites: Sequence[str], limit: int) -> int:
    """How many events there are from that row on, at most `limit` and one."""
    query = _of(select(event.c.id).where(event.c.id >= first), sites).limit(limit + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(query)).scalar_one())


def events(store: Store, first: int, sites: Sequence[str], limit: int) -> Iterator[Any]:
    """Events from that row on, as they were applied: row, hash, identity, body."""
    last, left = first - 1, limit
    while left > 0:
        query = (
            select(event.c.id, event.c.site_id, event.c.received_at, event.c.body, fingerprint.c.hash)
            .add_columns(fingerprint.c.identity)
            .join(fingerprint, fingerprint.c.id == event.c.fingerprint_id)
            .where(event.c.id > last, event.c.disposition != Disposition.HISTORY.value)
        )
        with store.reading() as connection:
            rows = connection.execute(_of(query, sites).order_by(event.c.id).limit(min(PAGE, left))).all()
        yield from rows
        if len(rows) < min(PAGE, left):
            return
        last, left = rows[-1].id, left - len(rows)


def windows(connection: Connection, since: datetime, sites: Sequence[str]) -> list[Any]:
    """Maintenance windows that lasted after then, by when they were noted."""
    query = select(maintenance_window).where(maintenance_window.c.until > since)
    if sites:
        query = query.where(maintenance_window.c.site_id.in_(sites))
    return list(connection.execute(query.order_by(maintenance_window.c.created_at).limit(ACTS)))


def resolutions(connection: Connection, since: datetime, sites: Sequence[str]) -> list[Any]:
    """What people resolved since then: at, hash, fixed_in."""
    query = (
        select(ticket_event.c.at, fingerprint.c.hash, ticket.c.fixed_in)
        .join(ticket, ticket.c.id == ticket_event.c.ticket_id)
        .join(fingerprint, fingerprint.c.id == ticket.c.fingerprint_id)
        .where(ticket_event.c.kind == ChangeKind.RESOLVED.value, ticket_event.c.actor != RULE)
        .where(ticket_event.c.at >= since)
    )
    if sites:
        query = query.where(ticket.c.site_id.in_(sites))
    return list(connection.execute(query.order_by(ticket_event.c.at).limit(ACTS)))


def _of(query: Select[Any], sites: Sequence[str]) -> Select[Any]:
    return query.where(event.c.site_id.in_(sites)) if sites else query
