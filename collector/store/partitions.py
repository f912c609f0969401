"""Partitions by time, on PostgreSQL: made ahead, dropped whole when what they hold is too old.

A table is partitioned where it grows without end, retention removes by age alone, and its unique keys hold the time
(docs/decisions/0011). No row is ever refused for lack of a partition: `<table>_rest` takes what has none. When a
partition is made its rows move out of there, so a desk whose background work stood still for a week loses nothing
but the ease of dropping.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

AHEAD = 3  # partitions beyond the current one


@dataclass(frozen=True)
class Partitioned:
    """A table that is partitioned by ranges of a number."""

    name: str
    column: str
    width: int  # of one partition, in the column's unit


DAY_US = 86_400_000_000
BATCHES = Partitioned("batch", "received_at", DAY_US)
HOURS = Partitioned("health_hour", "hour", 7 * 24)
PARTITIONED = (BATCHES, HOURS)

_CHILDREN = text(
    "SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid"
    " WHERE inhparent = to_regclass(:parent)"
)


@dataclass(frozen=True)
class Wanted:
    """What has to be done about one table; numbers are those of partitions."""

    table: Partitioned
    missing: tuple[int, ...]
    old: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.old)


def numbers_of(connection: Connection, table: Partitioned) -> set[int]:
    """The partitions that there are: the number n holds from n x width up to (n + 1) x width."""
    prefix = f"{table.name}_p"
    names = connection.execute(_CHILDREN, {"parent": table.name}).scalars()
    return {int(name.removeprefix(prefix)) for name in names if name.removeprefix(prefix).isdigit()}


def wanted(connection: Connection, table: Partitioned, now: int, before: int) -> Wanted:
    """Partitions to make, from the current one on, and to drop, all of whose rows are older than `before`."""
    known, current = numbers_of(connection, table), now // table.width
    missing = tuple(number for number in range(current, current + AHEAD + 1) if number not in known)
    old = tuple(sorted(number for number in known if (number + 1) * table.width <= before))
    return Wanted(table, missing, old)


def carry_out(connection: Connection, plan: Wanted) -> None:
    """Make and drop them; in a transaction that writes."""
    for number in plan.missing:
        _make(connection, plan.table, number)
    for number in plan.old:
        connection.exec_driver_sql(f"DROP TABLE {plan.table.name}_p{number}")


def _make(connection: Connection, table: Partitioned, number: int) -> None:
    name, column, width = table.name, table.column, table.width
    low, high = number * width, (number + 1) * width
    part = f"{name}_p{number}"
    # Numbers and names of our own alone: nothing that came from outside stands in these.
    taken = f"DELETE FROM {name}_rest WHERE {column} >= {low} AND {column} < {high} RETURNING *"  # noqa: S608
    for statement in (
        f"CREATE TABLE {part} (LIKE {name} INCLUDING DEFAULTS)",
        f"WITH moved AS ({taken}) INSERT INTO {part} SELECT * FROM moved",  # noqa: S608
        f"ALTER TABLE {name} ATTACH PARTITION {part} FOR VALUES FROM ({low}) TO ({high})",
    ):
        connection.exec_driver_sql(statement)
