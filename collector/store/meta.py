"""Single facts of the database: its generation, counters, and the version of what is kept in memory."""

from __future__ import annotations

from sqlalchemy import Connection, Integer, bindparam, cast, select

from collector.store.prepared import Prepared
from collector.store.tables import meta
from collector.store.upserts import upsert

GENERATION = "generation"
RECEIPT_KEY = "receipt_key"  # digest of the key that every collector of this database answers with
REGISTRY_VERSION = "registry_version"  # counts changes of sites, agents and catalogues


_READ = Prepared(select(meta.c.value).where(meta.c.key == bindparam("key")))


def read_meta(connection: Connection, key: str) -> str | None:
    """The value of `key`."""
    row = _READ.one(connection, key=key)
    return None if row is None else str(row.value)


def keep_meta(connection: Connection, key: str, value: str) -> str:
    """The value of `key`; it is `value` if there was none."""
    connection.execute(upsert(meta).values(key=key, value=value).on_conflict_do_nothing())
    return read_meta(connection, key) or value


def write_meta(connection: Connection, key: str, value: str) -> None:
    """Set the value of `key`."""
    row = upsert(meta).values(key=key, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": value}))


_row = upsert(meta)
_COUNT_UP = Prepared(
    _row.on_conflict_do_update(
        index_elements=[meta.c.key], set_={"value": cast(cast(meta.c.value, Integer) + 1, meta.c.value.type)}
    ).returning(meta.c.value)
)


def count_up(connection: Connection, key: str) -> int:
    """Add one to a counter that begins at 0; returns the new count. Undone with its transaction, so gapless."""
    return int(_COUNT_UP.one(connection, key=key, value="1").value)


def next_number(connection: Connection, year: int) -> str:
    """The next ticket number of a year (UTC): `2026-000123`, without gaps."""
    return f"{year}-{count_up(connection, f'ticket_number:{year}'):06d}"


def touch_registry(connection: Connection) -> None:
    """Tell every process that sites, agents or catalogues have changed."""
    count_up(connection, REGISTRY_VERSION)
