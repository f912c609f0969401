"""Hot rows, hours and roll-ups in the database. SQL only; statements of every batch are built once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, select, tuple_

from collector.store.prepared import Prepared
from collector.store.tables import health_day, health_due, health_hot, health_hour, health_month
from collector.store.upserts import upsert

HOUR_ROWS = 2_000  # hot rows of one hour and agent that are folded at once; the rest comes in the next turn
CHUNK_ROWS = 1_000  # rows of one delete
HOT_HOURS = 10_000  # more than the hours of a year

_STRETCHES: dict[Table, str] = {health_hour: "hour", health_day: "day", health_month: "month"}

_KEEP = Prepared(upsert(health_hot).on_conflict_do_nothing())
_MINE = (health_hot.c.hour == bindparam("hour")) & (health_hot.c.agent_id == bindparam("agent_id"))
_HOT = Prepared(
    select(health_hot.c.sampled_at, health_hot.c.site_id, health_hot.c.body)
    .where(_MINE)
    .order_by(health_hot.c.sampled_at)
    .limit(HOUR_ROWS)
)
_TAKE = Prepared(delete(health_hot).where(_MINE, health_hot.c.sampled_at.in_(bindparam("taken", expanding=True))))
_NEXT_HOUR = Prepared(select(func.min(health_hot.c.hour).label("hour")).where(health_hot.c.hour > bindparam("after")))
_hour = upsert(health_hour)
_SAVE_HOUR = Prepared(
    _hour.on_conflict_do_update(
        index_elements=[health_hour.c.agent_id, health_hour.c.hour],
        set_={"samples": _hour.excluded.samples, "body": _hour.excluded.body},
    )
)
_MARK_DUE = Prepared(
    upsert(health_due).on_conflict_do_update(
        index_elements=[health_due.c.day, health_due.c.agent_id], set_={"changes": health_due.c.changes + 1}
    )
)


def _blobs(table: Table) -> Prepared:
    number = table.c[_STRETCHES[table]]
    mine = select(number.label("number"), table.c.body).where(
        table.c.agent_id == bindparam("agent_id"), number.between(bindparam("first"), bindparam("last"))
    )
    return Prepared(mine.order_by(number))


_BLOBS = {table: _blobs(table) for table in _STRETCHES}


@dataclass(frozen=True)
class HotRow:
    """One sample that is not folded yet."""

    sampled_at: datetime
    site_id: str
    body: bytes


@dataclass(frozen=True)
class DueDay:
    """One day of one agent whose hours changed."""

    day: int
    agent_id: str
    site_id: str
    changes: int


def add_hot(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Append samples; one that is there already (hour, agent, time) stays as it is."""
    _KEEP.run(connection, rows)


def hours_over(connection: Connection, before: int, limit: int) -> list[tuple[int, str]]:
    """(hour, agent) of the oldest hot rows whose hour lies before."""
    keys = select(health_hot.c.hour, health_hot.c.agent_id).where(health_hot.c.hour < before).distinct()
    rows = connection.execute(keys.order_by(health_hot.c.hour, health_hot.c.agent_id).limit(limit))
    return [(row.hour, row.agent_id) for row in rows]


def hot_rows(connection: Connection, hour: int, agent_id: str) -> list[HotRow]:
    """The samples of one hour and agent that are not folded yet, `HOUR_ROWS` at most."""
    rows = _HOT.rows(connection, hour=hour, agent_id=agent_id)
    return [HotRow(row.sampled_at, row.site_id, row.body) for row in rows]


def hot_hours(connection: Connection, first: int, last: int) -> list[int]:
    """The hours of hot rows of any agent, in their order: one step in the index for each."""
    found: list[int] = []
    hour: int | None = first - 1
    while len(found) < HOT_HOURS:
        hour = _NEXT_HOUR.one(connection, after=hour).hour
        if hour is None or hour > last:
            break
        found.append(hour)
    return found


def take_hot(connection: Connection, hour: int, agent_id: str, sampled_at: list[datetime]) -> None:
    """Delete these hot rows."""
    _TAKE.rows(connection, hour=hour, agent_id=agent_id, taken=sampled_at)


def hour_blob(connection: Connection, agent_id: str, hour: int) -> bytes | None:
    """The samples of a folded hour."""
    return dict(blobs(connection, health_hour, agent_id, hour, hour)).get(hour)


def blobs(connection: Connection, table: Table, agent_id: str, first: int, last: int) -> list[tuple[int, bytes]]:
    """The blobs of one agent's hours, days or months from `first` to `last`, in their order."""
    rows = _BLOBS[table].rows(connection, agent_id=agent_id, first=first, last=last)
    return [(row.number, row.body) for row in rows]


def save_hour(connection: Connection, row: Mapping[str, object]) -> None:
    """Write the blob of an hour in place of the one before."""
    _SAVE_HOUR.run(connection, [row])


def numbers(connection: Connection, table: Table, agent_id: str, first: int, last: int) -> list[int]:
    """The numbers of the blobs of `blobs`, without reading them."""
    number = table.c[_STRETCHES[table]]
    mine = select(number).where(table.c.agent_id == agent_id, number.between(first, last))
    return list(connection.execute(mine.order_by(number)).scalars())


def newest_hour(connection: Connection, agent_id: str) -> tuple[int, bytes] | None:
    """The newest folded hour of an agent: its number and samples."""
    mine = select(health_hour.c.hour, health_hour.c.body).where(health_hour.c.agent_id == agent_id)
    row = connection.execute(mine.order_by(health_hour.c.hour.desc()).limit(1)).first()
    return None if row is None else (row.hour, row.body)


def save(connection: Connection, table: Table, agent_id: str, number: int, **values: Any) -> None:
    """Write the blob of a day or a month in place of the one before."""
    unit = _STRETCHES[table]
    row = upsert(table).values(agent_id=agent_id, **{unit: number}, **values)
    connection.execute(row.on_conflict_do_update(index_elements=[table.c.agent_id, table.c[unit]], set_=values))


def mark_due(connection: Connection, day: int, agent_id: str, site_id: str) -> None:
    """Note that a day has to be rolled up, again if it was."""
    _MARK_DUE.run(connection, [{"day": day, "agent_id": agent_id, "site_id": site_id, "changes": 1}])


def due_days(connection: Connection, before: int, limit: int) -> list[DueDay]:
    """The oldest days before that have to be rolled up."""
    query = select(health_due).where(health_due.c.day < before).order_by(health_due.c.day, health_due.c.agent_id)
    return [DueDay(row.day, row.agent_id, row.site_id, row.changes) for row in connection.execute(query.limit(limit))]


def settle_due(connection: Connection, due: DueDay) -> bool:
    """The day is rolled up; False if it changed since, and then it stays due."""
    mine = (health_due.c.day == due.day) & (health_due.c.agent_id == due.agent_id)
    return connection.execute(delete(health_due).where(mine, health_due.c.changes == due.changes)).rowcount == 1


def first_due(connection: Connection) -> int | None:
    """The oldest day that has to be rolled up."""
    found: int | None = connection.execute(select(func.min(health_due.c.day))).scalar()
    return found


def delete_before(connection: Connection, table: Table, before: int) -> int:
    """Delete up to `CHUNK_ROWS` of the hours, days or months before a number; returns how many."""
    number = table.c[_STRETCHES[table]]
    key = tuple_(table.c.agent_id, number)
    old = select(table.c.agent_id, number).where(number < before).order_by(number).limit(CHUNK_ROWS)
    return connection.execute(delete(table).where(key.in_(old))).rowcount
