"""Reading tickets, their timelines and events. SQL only; every list is bounded."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select, text

from collector.store.tables import agent, alert, event, site, ticket, ticket_event
from collector.tickets.search.model import (
    EVENTS,
    TIMELINE,
    EventRecord,
    TicketFilter,
    TicketList,
    TicketRecord,
    TimelineEntry,
)
from wire.catalogue.model import Texts
from wire.errors import Malformed
from wire.messages import Event, decode_record

# Written as in the partial index `one_open`, so that SQLite walks the open tickets and not all of them.
IS_OPEN = text("ticket.status NOT IN ('resolved','closed','cancelled','merged')")

_COLUMNS = (
    *(column for column in ticket.c if column.name in {place.name for place in fields(TicketRecord)}),
    site.c.name.label("site_name"),
    site.c.tz.label("site_tz"),
    site.c.language.label("site_language"),
    alert.c.state.label("alert_state"),
    alert.c.is_flapping.label("flaps"),
)


def find_ticket(connection: Connection, number: str) -> TicketRecord | None:
    """The ticket of that number."""
    row = connection.execute(_tickets().where(ticket.c.number == number)).first()
    return None if row is None else _record(row)


def list_tickets(connection: Connection, wanted: TicketFilter) -> TicketList:
    """Tickets newest first; with `since`, those that changed after it in the order of change."""
    query = _narrowed(_tickets(), wanted)
    if wanted.since is not None:
        return _changed(connection, query, wanted, wanted.since)
    rows = connection.execute(query.order_by(ticket.c.id.desc()).limit(wanted.limit + 1)).all()
    return TicketList(
        [_record(row) for row in rows[: wanted.limit]], newest_change(connection), len(rows) > wanted.limit
    )


def open_tickets(
    connection: Connection, *, site_id: str | None, assignee: str | None, limit: int, kind: str | None = None
) -> list[TicketRecord]:
    """The board: worst level first, within it the newest first."""
    wanted = TicketFilter(site=site_id, assignee=assignee, open_only=True, kind=kind)
    query = _narrowed(_tickets(), wanted).order_by(ticket.c.level, ticket.c.clock_start_at.desc(), ticket.c.id.desc())
    return [_record(row) for row in connection.execute(query.limit(limit))]


def open_counts(
    connection: Connection, *, site_id: str | None, assignee: str | None, kind: str | None = None
) -> dict[int, int]:
    """How many open tickets there are of each level that has any."""
    query = select(ticket.c.level, func.count()).where(IS_OPEN).group_by(ticket.c.level)
    if site_id is not None:
        query = query.where(ticket.c.site_id == site_id)
    if assignee is not None:
        query = query.where(ticket.c.assignee == assignee)
    if kind is not None:
        query = query.where(ticket.c.kind == kind)
    return {row[0]: row[1] for row in connection.execute(query)}


def search_tickets(connection: Connection, words: str, limit: int) -> list[TicketRecord]:
    """Tickets whose number or code contains the words, newest first."""
    found = ticket.c.number.contains(words, autoescape=True) | ticket.c.code.icontains(words, autoescape=True)
    query = _tickets().where(found).order_by(ticket.c.id.desc()).limit(limit)
    return [_record(row) for row in connection.execute(query)]


def newest_change(connection: Connection) -> int:
    """The cursor of now: the id of the newest timeline entry of all."""
    return connection.execute(select(func.max(ticket_event.c.id))).scalar() or 0


def newest_event(connection: Connection) -> int:
    """The id of the newest stored event: moves when a count does."""
    return connection.execute(select(func.max(event.c.id))).scalar() or 0


def timeline_of(connection: Connection, ticket_id: int) -> list[TimelineEntry]:
    """The timeline, newest first."""
    query = select(ticket_event).where(ticket_event.c.ticket_id == ticket_id)
    rows = connection.execute(query.order_by(ticket_event.c.id.desc()).limit(TIMELINE))
    return [
        TimelineEntry(id=row.id, at=row.at, actor=row.actor, kind=row.kind, detail=_object(row.detail)) for row in rows
    ]


def events_of(connection: Connection, ticket_id: int, limit: int = EVENTS) -> list[EventRecord]:
    """The newest events of a ticket, newest first."""
    query = (
        select(event, agent.c.hostname)
        .outerjoin(agent, agent.c.id == event.c.agent_id)
        .where(event.c.ticket_id == ticket_id)
        .order_by(event.c.id.desc())
        .limit(limit)
    )
    return [_event(row) for row in connection.execute(query)]


def _tickets() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(site, site.c.id == ticket.c.site_id)
        .outerjoin(alert, alert.c.fingerprint_id == ticket.c.fingerprint_id)
    )


def _narrowed(query: Select[Any], wanted: TicketFilter) -> Select[Any]:
    equal = {
        ticket.c.site_id: wanted.site,
        ticket.c.status: wanted.status,
        ticket.c.level: wanted.level,
        ticket.c.code: wanted.code,
        ticket.c.module: wanted.module,
        ticket.c.assignee: wanted.assignee,
        ticket.c.kind: wanted.kind,
    }
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if wanted.open_only:
        query = query.where(IS_OPEN)
    if wanted.before is not None:
        last = select(ticket.c.id).where(ticket.c.number == wanted.before).scalar_subquery()
        query = query.where(ticket.c.id < last)
    return query


def _changed(connection: Connection, query: Select[Any], wanted: TicketFilter, since: int) -> TicketList:
    changes = (
        select(ticket_event.c.ticket_id, func.max(ticket_event.c.id).label("change"))
        .where(ticket_event.c.id > since)
        .group_by(ticket_event.c.ticket_id)
        .subquery()
    )
    query = query.join(changes, changes.c.ticket_id == ticket.c.id).add_columns(changes.c.change)
    rows = connection.execute(query.order_by(changes.c.change).limit(wanted.limit + 1)).all()
    shown, more = rows[: wanted.limit], len(rows) > wanted.limit
    cursor = shown[-1].change if more else max(since, newest_change(connection))
    return TicketList([_record(row) for row in shown], cursor, more)


def _record(row: Any) -> TicketRecord:
    values = {name: value for name, value in row._mapping.items() if name not in ("alert_state", "flaps", "change")}  # noqa: SLF001  # a Row's documented way to its names
    values["title"] = _title(row.title, row.code)
    values["identity"] = {str(name): str(value) for name, value in _object(row.identity).items()}
    return TicketRecord(**values, is_firing=row.alert_state == "firing", is_flapping=bool(row.flaps))


def _title(body: str, code: str) -> Texts:
    try:
        return msgspec.json.decode(body, type=Texts)
    except msgspec.DecodeError:
        return Texts(en=code)


def _object(body: str) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _event(row: Any) -> EventRecord:
    try:
        record = decode_record(row.body.encode())
    except Malformed:
        record = None
    return EventRecord(
        id=row.id,
        event_id=row.event_id,
        hostname=row.hostname,
        code=row.code,
        level=row.level,
        status=row.status,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        count=row.count,
        event=record if isinstance(record, Event) else None,
    )
