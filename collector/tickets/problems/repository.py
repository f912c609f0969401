"""Problems, their tickets and logs in the database; SQL only, every list bounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select

from collector.store.tables import code_state, problem_event, site, ticket
from collector.tickets.desk.model import Code
from collector.tickets.problems.model import CHILDREN, Child, ProblemEvent, ProblemRecord
from collector.tickets.search.repository import IS_OPEN
from collector.tickets.state import TicketStatus

ROWS = 500
CLOSED = "closed"  # kind of the line that says so
_IS_OPEN_NOW = ticket.c.status.not_in(("resolved", "closed", "cancelled", "merged"))


def problems(connection: Connection) -> list[ProblemRecord]:
    """Every problem, the newest first."""
    query = select(code_state.c.body).where(code_state.c.problem_id.is_not(None))
    bodies = connection.execute(query.order_by(code_state.c.problem_id.desc()).limit(ROWS)).scalars().all()
    return [found for body in bodies if (found := _record(connection, body)) is not None]


def find_problem(connection: Connection, problem_id: int) -> ProblemRecord | None:
    """The problem of that id."""
    body = connection.execute(
        select(code_state.c.body).where(code_state.c.problem_id == problem_id)
    ).scalar_one_or_none()
    return None if body is None else _record(connection, body)


def _record(connection: Connection, body: str) -> ProblemRecord | None:
    problem = msgspec.json.decode(body, type=Code).problem
    if problem is None:
        return None
    is_reopened = _IS_OPEN_NOW & (ticket.c.reopen_count > 0)
    query = select(func.count(), func.count().filter(_IS_OPEN_NOW), func.count().filter(is_reopened))
    every, live, reopened = connection.execute(query.where(ticket.c.problem_id == problem.id)).one()
    return ProblemRecord(problem, live, every, reopened if problem.closed_at is not None else 0)


def children_of_problem(connection: Connection, problem_id: int, *, open_only: bool = False) -> list[Child]:
    """The tickets of a problem, open ones first, the worst and newest first."""
    query = _children().where(ticket.c.problem_id == problem_id)
    return _listed(connection, query.where(IS_OPEN) if open_only else query)


def children_of_ticket(connection: Connection, ticket_id: int) -> list[Child]:
    """The tickets that are part of another, likewise."""
    return _listed(connection, _children().where(ticket.c.parent_id == ticket_id))


def resolved_children(connection: Connection, closed_until: datetime, limit: int) -> list[int]:
    """Tickets that are resolved and not closed, and whose problem was closed by then and is closed still."""
    closed = connection.execute(
        select(problem_event.c.problem_id)
        .join(ticket, ticket.c.problem_id == problem_event.c.problem_id)
        .where(problem_event.c.kind == CLOSED, ticket.c.status == TicketStatus.RESOLVED.value)
        .group_by(problem_event.c.problem_id)
        .having(func.max(problem_event.c.at) <= closed_until)
    ).scalars()
    records = [find_problem(connection, number) for number in closed]
    numbers = [each.problem.id for each in records if each is not None and each.problem.closed_at is not None]
    if not numbers:
        return []
    is_resolved = ticket.c.status == TicketStatus.RESOLVED.value
    query = select(ticket.c.id).where(ticket.c.problem_id.in_(numbers), is_resolved).order_by(ticket.c.id)
    return list(connection.execute(query.limit(limit)).scalars())


def tickets_by_id(connection: Connection, ids: list[int]) -> list[Child]:
    """These tickets."""
    return _listed(connection, _children().where(ticket.c.id.in_(ids))) if ids else []


def log_of(connection: Connection, problem_id: int) -> list[ProblemEvent]:
    """What people did about a problem, the newest first."""
    query = select(problem_event).where(problem_event.c.problem_id == problem_id)
    rows = connection.execute(query.order_by(problem_event.c.id.desc()).limit(ROWS))
    return [ProblemEvent(row.id, row.at, row.actor, row.kind, msgspec.json.decode(row.detail)) for row in rows]


def write_event(
    connection: Connection, problem_id: int, *, at: datetime, actor: str, kind: str, detail: Mapping[str, Any]
) -> None:
    """Append to a problem's log."""
    row = {"problem_id": problem_id, "at": at, "actor": actor, "kind": kind}
    connection.execute(insert(problem_event).values(**row, detail=msgspec.json.encode(detail).decode()))


def _children() -> Any:
    names = ("id", "number", "site_id", "code", "level", "status", "count", "opened_at", "reopen_count")
    columns = [ticket.c[name].label(f"t_{name}") for name in names]
    return select(*columns, site.c.name, site.c.tz).join(site, site.c.id == ticket.c.site_id)


def _listed(connection: Connection, query: Any) -> list[Child]:
    query = query.order_by(_IS_OPEN_NOW.desc(), ticket.c.level, ticket.c.id.desc()).limit(CHILDREN)
    return [
        Child(
            id=row.t_id,
            number=row.t_number,
            site=row.t_site_id,
            site_name=row.name,
            code=row.t_code,
            level=row.t_level,
            status=row.t_status,
            count=row.t_count,
            opened_at=row.t_opened_at,
            reopen_count=row.t_reopen_count,
            tz=row.tz,
        )
        for row in connection.execute(query)
    ]
