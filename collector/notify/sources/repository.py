"""Notices and timelines that have not been told, each with what it is about; SQL only.

Two cursors say up to which notice and which row of a timeline everything has been told. The store
has one writer at a time, so ids appear in their order and a cursor can skip nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, union_all

from collector.notify.model import About, Changed, KnownError, Noticed
from collector.store.meta import read_meta
from collector.store.tables import (
    alert,
    code_state,
    event,
    fingerprint,
    meta,
    notice,
    site,
    suppression,
    ticket,
    ticket_event,
)
from collector.store.upserts import upsert
from collector.tickets.alert_state import AlertState
from collector.tickets.desk.model import HoldEnd
from collector.tickets.desk.repository import read_code
from collector.tickets.model import Hold
from wire.catalogue.model import Texts
from wire.errors import Malformed
from wire.messages import Event, decode_record

NOTICES, CHANGES = "notice_told", "ticket_event_told"

# What `about_of` reads of a ticket and its site.
TICKET = (
    ticket.c.id.label("about_ticket"),
    ticket.c.number,
    ticket.c.kind.label("ticket_kind"),
    ticket.c.level,
    ticket.c.status,
    ticket.c.title,
    ticket.c.module,
    ticket.c.code,
    ticket.c.clock_start_at,
    ticket.c.opened_at,
    site.c.id.label("about_site"),
    site.c.name.label("site_name"),
    site.c.customer,
    site.c.tz,
)

KNOWN_ERRORS_MAX = 2_000  # sites and codes in one week
_PLACE = (
    fingerprint.c.site_id,
    site.c.name.label("site_name"),
    site.c.customer,
    site.c.tz,
    fingerprint.c.module,
    fingerprint.c.code,
)


def told(connection: Connection, cursor: str) -> int:
    """Up to which row everything has been told."""
    return int(read_meta(connection, cursor) or 0)


def keep_told(connection: Connection, cursor: str, last_id: int) -> None:
    """Everything up to this row has been told."""
    row = upsert(meta).values(key=cursor, value=str(last_id))
    connection.execute(row.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": str(last_id)}))


def notices_after(connection: Connection, last_id: int, limit: int) -> list[Noticed]:
    """Notices that have not been told, the oldest first."""
    query = (
        select(notice.c.id, notice.c.at, notice.c.kind, notice.c.cause, notice.c.problem_id, *TICKET)
        .outerjoin(ticket, ticket.c.id == notice.c.ticket_id)
        .outerjoin(site, site.c.id == func.coalesce(notice.c.site_id, ticket.c.site_id))
        .where(notice.c.id > last_id)
        .order_by(notice.c.id)
        .limit(limit)
    )
    return [
        Noticed(row.id, row.at, row.kind, row.cause, about_of(row, problem_of(connection, row.problem_id)))
        for row in connection.execute(query).all()
    ]


def changes_after(connection: Connection, last_id: int, kinds: Sequence[str], limit: int) -> list[Changed]:
    """Rows of timelines of these kinds that have not been told, the oldest first."""
    query = (
        select(ticket_event.c.id, ticket_event.c.at, ticket_event.c.kind, ticket_event.c.detail, *TICKET)
        .join(ticket, ticket.c.id == ticket_event.c.ticket_id)
        .join(site, site.c.id == ticket.c.site_id)
        .where(ticket_event.c.id > last_id, ticket_event.c.kind.in_(kinds))
        .order_by(ticket_event.c.id)
        .limit(limit)
    )
    return [
        Changed(row.id, row.at, row.kind, msgspec.json.decode(row.detail), about_of(row))
        for row in connection.execute(query)
    ]


def newest_change(connection: Connection) -> int:
    """The newest row of any timeline."""
    return int(connection.execute(select(func.max(ticket_event.c.id))).scalar_one() or 0)


def known_errors(connection: Connection, since: datetime) -> list[KnownError]:
    """What is held back now as a known error, or was and went away since then; by site and code, the worst first."""
    place = fingerprint.join(site, site.c.id == fingerprint.c.site_id)
    place = place.join(alert, alert.c.fingerprint_id == fingerprint.c.id)
    held = select(*_PLACE, alert.c.level, alert.c.held_count.label("times"), alert.c.first_firing_at.label("since"))
    held = held.select_from(place).where(alert.c.hold == Hold.KNOWN.value, alert.c.state != AlertState.OK.value)
    over = select(*_PLACE, alert.c.level, suppression.c.count.label("times"), suppression.c.since)
    over = over.select_from(place.join(suppression, suppression.c.fingerprint_id == fingerprint.c.id)).where(
        suppression.c.hold == Hold.KNOWN.value, suppression.c.end == HoldEnd.CLEARED.value, suppression.c.until > since
    )
    every = union_all(held, over).subquery()
    parts = [every.c[name] for name in ("site_id", "site_name", "customer", "tz", "module", "code")]
    worst = func.min(every.c.level).label("level")
    query = (
        select(*parts, worst, func.sum(every.c.times).label("times"), func.min(every.c.since).label("since"))
        .group_by(*parts)
        .order_by(worst, every.c.site_name, every.c.module, every.c.code)
        .limit(KNOWN_ERRORS_MAX)
    )
    return [_known_error(connection, row) for row in connection.execute(query).all()]


def _known_error(connection: Connection, row: Any) -> KnownError:
    return KnownError(
        site_id=row.site_id,
        site_name=row.site_name,
        customer=row.customer,
        zone=row.tz,
        module=row.module,
        code=row.code,
        level=row.level,
        count=int(row.times),
        since=row.since,
        put_off_until=read_code(connection, row.module, row.code).put_off.get(row.site_id),
    )


def evidence_of(connection: Connection, ticket_id: int) -> str:
    """What the newest event of a ticket says in the host's own words."""
    newest = select(event.c.body).where(event.c.ticket_id == ticket_id).order_by(event.c.id.desc()).limit(1)
    body = connection.execute(newest).scalar_one_or_none()
    try:
        record = None if body is None else decode_record(body.encode())
    except Malformed:
        return ""
    return record.text if isinstance(record, Event) else ""


def problem_of(connection: Connection, problem_id: int | None) -> tuple[int, str, str] | None:
    """Id, module and code of a problem."""
    if problem_id is None:
        return None
    query = select(code_state.c.module, code_state.c.code).where(code_state.c.problem_id == problem_id).limit(1)
    row = connection.execute(query).first()
    return (problem_id, "", "") if row is None else (problem_id, row.module, row.code)


def about_of(row: Any, problem: tuple[int, str, str] | None = None) -> About:
    """What a row with the columns of `TICKET` is about."""
    if row.about_ticket is None:
        number, module, code = problem or (None, "", "")
        return About(
            site_id=row.about_site,
            site_name=row.site_name or "",
            customer=row.customer or "",
            zone=row.tz or "UTC",
            problem_id=number,
            module=module,
            code=code,
        )
    return About(
        site_id=row.about_site,
        site_name=row.site_name,
        customer=row.customer,
        zone=row.tz,
        ticket_id=row.about_ticket,
        number=row.number,
        kind=row.ticket_kind,
        level=row.level,
        status=row.status,
        title=msgspec.json.decode(row.title, type=Texts),
        module=row.module,
        code=row.code,
        clock_start_at=row.clock_start_at,
        opened_at=row.opened_at,
        problem_id=None if problem is None else problem[0],
    )
