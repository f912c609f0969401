"""Calendars, plans, clocks and their histories in the database; SQL only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, func, insert, not_, or_, select, update

from collector.sla.clock import Basis
from collector.store.prepared import Prepared
from collector.store.tables import alert, calendar_version, clock, clock_step, site, sla_plan, ticket
from collector.store.upserts import upsert
from collector.tickets.alert_state import AlertState
from collector.tickets.clocks.model import StepLine, TicketFacts

OPEN = ("running", "paused")

_HEAD = Prepared(
    select(calendar_version.c.id, calendar_version.c.digest)
    .where(calendar_version.c.name == bindparam("name"))
    .order_by(calendar_version.c.id.desc())
    .limit(1)
)
_FACTS = Prepared(
    select(
        ticket.c.id,
        ticket.c.number,
        ticket.c.site_id,
        ticket.c.kind,
        ticket.c.status,
        ticket.c.level,
        ticket.c.clock_start_at,
        site.c.calendar,
    )
    .join(site, site.c.id == ticket.c.site_id)
    .where(ticket.c.id.in_(bindparam("ids", expanding=True)))
)
_STEPS = Prepared(
    select(clock_step).where(clock_step.c.ticket_id.in_(bindparam("ids", expanding=True))).order_by(clock_step.c.id)
)
_KEPT = Prepared(select(clock).where(clock.c.ticket_id.in_(bindparam("ids", expanding=True))))
_INSERT_STEPS = Prepared(insert(clock_step))
_DIGEST = Prepared(select(calendar_version.c.digest).where(calendar_version.c.id == bindparam("id")))
_PLAN = Prepared(select(sla_plan.c.id, sla_plan.c.body).order_by(sla_plan.c.id.desc()).limit(1))
_KEYS = ("ticket_id", "metric", "cycle")
_COMPUTED = (
    "state",
    "start_at",
    "target",
    "basis",
    "calendar_id",
    "plan_id",
    "due_at",
    "is_provisional",
    "stopped_at",
    "active_us",
    "breached_at",
    "warned",
    "next_at",
)
_row = upsert(clock)
_KEEP = Prepared(
    _row.on_conflict_do_update(
        index_elements=[clock.c[name] for name in _KEYS],
        set_={name: _row.excluded[name] for name in _COMPUTED},
        # A cycle that was stopped never changes; one that a merger cancelled goes on when the merger is taken back.
        where=or_(*(clock.c.state == state for state in (*OPEN, "cancelled"))),
    )
)


# ---------------------------------------------------------------- calendars and plans


def calendar_head(connection: Connection, name: str) -> tuple[int, str] | None:
    """Row and digest of the version in use."""
    row = _HEAD.one(connection, name=name)
    return None if row is None else (row.id, row.digest)


def calendar_digest(connection: Connection, row_id: int) -> str:
    """The digest of one version."""
    return str(_DIGEST.one(connection, id=row_id).digest)


def calendar_body(connection: Connection, row_id: int) -> str:
    """The content of one version, JSON."""
    return str(connection.execute(select(calendar_version.c.body).where(calendar_version.c.id == row_id)).scalar_one())


def calendars(connection: Connection) -> list[Row[Any]]:
    """The version in use of every calendar."""
    newest = select(func.max(calendar_version.c.id)).group_by(calendar_version.c.name)
    query = select(calendar_version).where(calendar_version.c.id.in_(newest)).order_by(calendar_version.c.name)
    return list(connection.execute(query))


def has_version(connection: Connection, name: str, version: str) -> bool:
    """Whether this version was imported before."""
    mine = and_(calendar_version.c.name == name, calendar_version.c.version == version)
    return connection.execute(select(calendar_version.c.id).where(mine)).first() is not None


def add_calendar(connection: Connection, row: Mapping[str, Any]) -> int:
    """One more version; returns its row."""
    return int(connection.execute(insert(calendar_version).returning(calendar_version.c.id), dict(row)).scalar_one())


def site_counts(connection: Connection) -> dict[str | None, int]:
    """How many sites name each calendar."""
    query = select(site.c.calendar, func.count()).group_by(site.c.calendar)
    return {row[0]: row[1] for row in connection.execute(query)}


def set_site_calendar(connection: Connection, site_id: str, name: str | None) -> bool:
    """The calendar of a site; False when there is no such site."""
    return connection.execute(update(site).where(site.c.id == site_id).values(calendar=name)).rowcount > 0


def newest_plan(connection: Connection) -> tuple[int, str] | None:
    """Row and content of the plan in use."""
    row = _PLAN.one(connection)
    return None if row is None else (row.id, row.body)


def add_plan(connection: Connection, name: str, body: str, at: datetime, by: str) -> int:
    """One more version of the plan; returns its row."""
    row = {"name": name, "body": body, "set_at": at, "set_by": by}
    return int(connection.execute(insert(sla_plan).returning(sla_plan.c.id), row).scalar_one())


# ---------------------------------------------------------------- clocks


def ticket_facts(connection: Connection, ids: Iterable[int]) -> dict[int, TicketFacts]:
    """What clocks need of these tickets."""
    return {row.id: TicketFacts(**row._asdict()) for row in _FACTS.rows(connection, ids=list(ids))}


def steps(connection: Connection, ids: Iterable[int]) -> list[Any]:
    """The histories of these tickets' clocks, in the order in which they were written."""
    return _STEPS.rows(connection, ids=list(ids))


def kept(connection: Connection, ids: Iterable[int]) -> list[Any]:
    """The rows of these tickets' clocks."""
    return _KEPT.rows(connection, ids=list(ids))


def add_steps(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append to histories."""
    _INSERT_STEPS.run(connection, rows)


def keep(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what the histories come to; a cycle that was stopped stays as it is."""
    _KEEP.run(connection, rows)


def step_line(row: Row[Any]) -> StepLine:
    """A line of the history as it is shown."""
    names = ("at", "written_at", "act", "cause", "actor", "reason", "message", "target", "due_at")
    return StepLine(**{name: getattr(row, name) for name in names})


def pausing_text(reasons: Iterable[str]) -> str:
    """A set of reasons as it is stored."""
    return msgspec.json.encode(sorted(reasons)).decode()


# ---------------------------------------------------------------- what jobs look for


def due_warnings(connection: Connection, now: datetime, limit: int) -> list[tuple[int, str]]:
    """Ticket and metric of each clock whose next warning is due; of restoring none while the fault is gone."""
    is_gone = and_(clock.c.metric == "restore", alert.c.state == AlertState.OK.value)
    query = (
        select(clock.c.ticket_id, clock.c.metric)
        .join(ticket, ticket.c.id == clock.c.ticket_id)
        .outerjoin(alert, and_(alert.c.fingerprint_id == ticket.c.fingerprint_id, alert.c.ticket_id == ticket.c.id))
        .where(clock.c.next_at <= now, or_(alert.c.state.is_(None), not_(is_gone)))
        .order_by(clock.c.next_at)
        .limit(limit)
    )
    return [(row.ticket_id, row.metric) for row in connection.execute(query)]


def due_resumptions(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Numbers of the tickets that wait and have a date by which they go on."""
    query = select(ticket.c.number).where(ticket.c.resume_at <= now, ticket.c.status == "pending").limit(limit)
    return list(connection.execute(query).scalars())


def stale(connection: Connection, limit: int) -> list[int]:
    """Tickets with an open clock that was measured by an older calendar or plan than is in use."""
    newest = select(func.max(calendar_version.c.id)).group_by(calendar_version.c.name)
    is_old = and_(clock.c.basis != Basis.ELAPSED.value, clock.c.calendar_id.not_in(newest))
    plan = select(func.max(sla_plan.c.id)).scalar_subquery()
    query = (
        select(clock.c.ticket_id)
        .distinct()
        .where(clock.c.state.in_(OPEN), or_(is_old, clock.c.plan_id != plan))
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def open_tickets(connection: Connection, after: int, limit: int) -> list[int]:
    """Tickets with an open clock, by id, beyond one."""
    query = (
        select(clock.c.ticket_id)
        .distinct()
        .where(clock.c.state.in_(OPEN), clock.c.ticket_id > after)
        .order_by(clock.c.ticket_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def calendars_in_use(connection: Connection) -> set[str]:
    """Names of the calendars that open clocks count by."""
    query = (
        select(calendar_version.c.name)
        .distinct()
        .join(clock, clock.c.calendar_id == calendar_version.c.id)
        .where(clock.c.state.in_(OPEN), clock.c.basis != Basis.ELAPSED.value)
    )
    return set(connection.execute(query).scalars())


def excuse(connection: Connection, key: tuple[int, str, int], at: datetime, by: str, why: str) -> bool:
    """Mark a breach as excused; False when there is none, or it is excused already."""
    mine = and_(*(clock.c[name] == value for name, value in zip(_KEYS, key, strict=True)))
    breached = and_(clock.c.breached_at.is_not(None), clock.c.excused_at.is_(None))
    values = {"excused_at": at, "excused_by": by, "excuse": why}
    return connection.execute(update(clock).where(mine, breached).values(values)).rowcount > 0
