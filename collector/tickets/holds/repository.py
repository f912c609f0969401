"""Windows, silences, held faults, the ledger and storms in the database; SQL only, every list bounded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from collector.store.tables import (
    alert,
    fingerprint,
    maintenance_window,
    silence,
    site,
    site_state,
    suppression,
    ticket,
)
from collector.tickets.alert_state import AlertState
from collector.tickets.desk.model import KIND_STORM, SITE_MODULE, STORM_CODE, Site
from collector.tickets.holds.model import (
    HeldRecord,
    LedgerLine,
    NewSilence,
    NewWindow,
    SilenceRecord,
    StormRecord,
    WindowRecord,
)
from collector.tickets.search.repository import IS_OPEN
from wire.catalogue.model import Texts

ROWS = 500
_IS_HELD = alert.c.hold.is_not(None) & (alert.c.state != AlertState.OK.value)


def site_exists(connection: Connection, site_id: str) -> bool:
    """Whether there is such a site."""
    return connection.execute(select(site.c.id).where(site.c.id == site_id)).first() is not None


def number_of(connection: Connection, ticket_id: int) -> str | None:
    """The number of a ticket's row."""
    return connection.execute(select(ticket.c.number).where(ticket.c.id == ticket_id)).scalar_one_or_none()


# ---------------------------------------------------------------- windows


def insert_window(connection: Connection, asked: NewWindow, *, actor: str, at: datetime) -> int:
    """A window's row; its id."""
    row = {
        "site_id": asked.site, "since": asked.since, "until": asked.until, "owner": asked.owner,
        "approved_by": asked.approved_by, "reason": asked.reason, "created_at": at, "created_by": actor,
    }  # fmt: skip
    return int(
        connection.execute(insert(maintenance_window).values(**row).returning(maintenance_window.c.id)).scalar_one()
    )


def windows(
    connection: Connection, *, site_id: str | None = None, ending_after: datetime | None = None
) -> list[WindowRecord]:
    """Windows, the latest end first; with `ending_after` those that are not removed and end later."""
    query = select(maintenance_window, site.c.name, site.c.tz).join(site, site.c.id == maintenance_window.c.site_id)
    if site_id is not None:
        query = query.where(maintenance_window.c.site_id == site_id)
    if ending_after is not None:
        query = query.where(maintenance_window.c.until > ending_after, maintenance_window.c.removed_at.is_(None))
    rows = connection.execute(query.order_by(maintenance_window.c.until.desc(), maintenance_window.c.id).limit(ROWS))
    return [_window(row) for row in rows]


def find_window(connection: Connection, window_id: int) -> WindowRecord | None:
    """The window of that id."""
    query = select(maintenance_window, site.c.name, site.c.tz).join(site, site.c.id == maintenance_window.c.site_id)
    row = connection.execute(query.where(maintenance_window.c.id == window_id)).first()
    return None if row is None else _window(row)


def end_window(connection: Connection, window_id: int, *, actor: str, at: datetime) -> None:
    """Note who removed it."""
    which = update(maintenance_window).where(maintenance_window.c.id == window_id)
    connection.execute(which.values(removed_at=at, removed_by=actor))


def _window(row: Any) -> WindowRecord:
    return WindowRecord(
        id=row.id,
        site=row.site_id,
        site_name=row.name,
        tz=row.tz,
        since=row.since,
        until=row.until,
        owner=row.owner,
        approved_by=row.approved_by,
        reason=row.reason,
        created_at=row.created_at,
        created_by=row.created_by,
        removed_at=row.removed_at,
        removed_by=row.removed_by,
    )


# ---------------------------------------------------------------- silences


def fingerprint_of(connection: Connection, number: str) -> tuple[int, str] | None:
    """Row and hash of the fingerprint of a ticket."""
    query = select(fingerprint.c.id, fingerprint.c.hash).join(ticket, ticket.c.fingerprint_id == fingerprint.c.id)
    row = connection.execute(query.where(ticket.c.number == number)).first()
    return None if row is None else (row.id, row.hash)


def insert_silence(
    connection: Connection, asked: NewSilence, fingerprint_id: int | None, *, actor: str, at: datetime
) -> int:
    """A silence's row; its id."""
    row = {
        "site_id": asked.site or None, "module": asked.module or None, "code": asked.code or None,
        "fingerprint_id": fingerprint_id, "until": asked.until, "reason": asked.reason,
        "created_at": at, "created_by": actor,
    }  # fmt: skip
    return int(connection.execute(insert(silence).values(**row).returning(silence.c.id)).scalar_one())


def silences(connection: Connection, *, ending_after: datetime) -> list[SilenceRecord]:
    """Silences that hold, the earliest end first."""
    query = _silences().where(silence.c.until > ending_after, silence.c.removed_at.is_(None))
    return [_silence(row) for row in connection.execute(query.order_by(silence.c.until, silence.c.id).limit(ROWS))]


def find_silence(connection: Connection, silence_id: int) -> SilenceRecord | None:
    """The silence of that id."""
    row = connection.execute(_silences().where(silence.c.id == silence_id)).first()
    return None if row is None else _silence(row)


def end_silence(connection: Connection, silence_id: int, *, actor: str, at: datetime) -> None:
    """Note who removed it."""
    connection.execute(update(silence).where(silence.c.id == silence_id).values(removed_at=at, removed_by=actor))


def _silences() -> Any:
    return (
        select(
            silence,
            site.c.name,
            fingerprint.c.site_id.label("its_site"),
            fingerprint.c.module.label("its_module"),
            fingerprint.c.code.label("its_code"),
        )
        .outerjoin(fingerprint, fingerprint.c.id == silence.c.fingerprint_id)
        .outerjoin(site, site.c.id == func.coalesce(silence.c.site_id, fingerprint.c.site_id))
    )


def _silence(row: Any) -> SilenceRecord:
    return SilenceRecord(
        id=row.id,
        site=row.site_id or row.its_site,
        site_name=row.name,
        module=row.module or row.its_module,
        code=row.code or row.its_code,
        fingerprint_id=row.fingerprint_id,
        until=row.until,
        reason=row.reason,
        created_at=row.created_at,
        created_by=row.created_by,
        removed_at=row.removed_at,
        removed_by=row.removed_by,
    )


# ---------------------------------------------------------------- what is held


def held_count(connection: Connection) -> int:
    """How many faults fire and are held back now."""
    return int(connection.execute(select(func.count()).select_from(alert).where(_IS_HELD)).scalar_one())


def held(connection: Connection, *, site_id: str | None = None) -> list[HeldRecord]:
    """Faults that are held back now, the worst first."""
    host = fingerprint.alias()
    counting = alert.alias()
    query = (
        select(alert, fingerprint, site.c.name, site.c.tz, ticket.c.number)
        .join(fingerprint, fingerprint.c.id == alert.c.fingerprint_id)
        .join(site, site.c.id == alert.c.site_id)
        .outerjoin(host, host.c.hash == alert.c.host)
        .outerjoin(counting, counting.c.fingerprint_id == host.c.id)
        .outerjoin(ticket, ticket.c.id == counting.c.ticket_id)
        .where(_IS_HELD)
    )
    if site_id is not None:
        query = query.where(alert.c.site_id == site_id)
    rows = connection.execute(
        query.order_by(alert.c.level, alert.c.first_firing_at, alert.c.fingerprint_id).limit(ROWS)
    )
    return [
        HeldRecord(
            fingerprint_id=row.fingerprint_id,
            key=row.hash,
            site=row.site_id,
            site_name=row.name,
            tz=row.tz,
            module=row.module,
            code=row.code,
            identity=_identity(row.identity),
            level=row.level,
            hold=row.hold,
            count=row.held_count,
            since=row.first_firing_at,
            last_at=row.last_firing_at,
            host_number=row.number,
        )
        for row in rows
    ]


def ledger(connection: Connection, limit: int = 100) -> list[LedgerLine]:
    """Holds that ended, the newest first."""
    query = (
        select(suppression, fingerprint.c.module, fingerprint.c.code, site.c.name, site.c.tz)
        .join(fingerprint, fingerprint.c.id == suppression.c.fingerprint_id)
        .join(site, site.c.id == suppression.c.site_id)
        .order_by(suppression.c.id.desc())
        .limit(limit)
    )
    return [
        LedgerLine(
            id=row.id,
            site=row.site_id,
            site_name=row.name,
            tz=row.tz,
            module=row.module,
            code=row.code,
            hold=row.hold,
            since=row.since,
            until=row.until,
            count=row._mapping[suppression.c.count],  # noqa: SLF001  # `count` is a method of a row
            end=row.end,
        )
        for row in connection.execute(query)
    ]


# ---------------------------------------------------------------- storms


# Looking for them among all open tickets takes longer than everything else on the board.
_STORMS = (
    select(fingerprint.c.id)
    .join(site, site.c.id == fingerprint.c.site_id)
    .where(fingerprint.c.module == SITE_MODULE, fingerprint.c.code == STORM_CODE)
)


def storms(connection: Connection, *, site_id: str | None = None) -> list[StormRecord]:
    """Open storm tickets, the worst first, with how many members still fire."""
    query = (
        select(ticket, fingerprint.c.hash, site.c.name, site.c.language, site.c.tz, site_state.c.body)
        .join(fingerprint, fingerprint.c.id == ticket.c.fingerprint_id)
        .join(site, site.c.id == ticket.c.site_id)
        .outerjoin(site_state, site_state.c.site_id == ticket.c.site_id)
        .where(IS_OPEN, ticket.c.kind == KIND_STORM, ticket.c.fingerprint_id.in_(_STORMS))
    )
    if site_id is not None:
        query = query.where(ticket.c.site_id == site_id)
    rows = connection.execute(query.order_by(ticket.c.level, ticket.c.id.desc()).limit(ROWS))
    return [_storm(row) for row in rows]


def _storm(row: Any) -> StormRecord:
    kept = msgspec.json.decode(row.body, type=Site) if row.body else Site()
    return StormRecord(
        number=row.number,
        site=row.site_id,
        site_name=row.name,
        language=row.language,
        tz=row.tz,
        level=row.level,
        title=msgspec.json.decode(row.title, type=Texts),
        status=row.status,
        started_at=row.opened_at,
        count=row._mapping[ticket.c.count],  # noqa: SLF001  # `count` is a method of a row
        members=len(kept.hosted.get(row.hash, ())),
        is_over=kept.storm is None or kept.storm.key != row.hash,
    )


def _identity(body: str) -> dict[str, str]:
    return {str(name): str(value) for name, value in msgspec.json.decode(body, type=dict[str, Any]).items()}
