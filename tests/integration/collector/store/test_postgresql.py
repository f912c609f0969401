"""The store on a real PostgreSQL: one writer, one state to read, time limits, one leader, and its migrations."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Inspector,
    LargeBinary,
    MetaData,
    NullPool,
    Table,
    Text,
    create_engine,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DataError

from collector.errors import StoreBusy, StoreRefused, StoreUnavailable
from collector.store import arrays, postgresql
from collector.store.database import Store, savepoint
from collector.store.meta import count_up, read_meta, write_meta
from collector.store.migrate import migrate
from collector.store.opening import open_store_in, shared_store
from collector.store.prepared import Prepared
from collector.store.tables import metadata
from tests.fakes.stores import TEMPLATE, Server

Place = tuple[Server, Path]


@contextmanager
def empty_database(place: Place) -> Iterator[str]:
    """The connection string of a database without anything in it."""
    server, _ = place
    server.execute("CREATE DATABASE empty_one")
    try:
        yield server.url("empty_one")
    finally:
        server.drop("empty_one")


@contextmanager
def stores(place: Place, count: int) -> Iterator[list[Store]]:
    """As many collectors on one database."""
    server, folder = place
    name = server.new_database()
    opened = [shared_store(server.url(name), folder / "password") for _ in range(count)]
    try:
        yield opened
    finally:
        for store in opened:
            store.close()
        server.drop(name)


PARTITIONED = {"batch", "health_hour"}  # their keys and indexes are the migration's alone
MIGRATIONS_OWN = {"alembic_version", "batch_rest", "health_hour_rest"}


def described(url: str) -> dict[str, Any]:
    """Everything of the schema that matters, by table; seen with SQLAlchemy's own types."""
    connect = partial(psycopg.connect, url, password="p")
    look = inspect(create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool))
    return {table: _described(look, table) for table in sorted(set(look.get_table_names()) - MIGRATIONS_OWN)}


def _described(look: Inspector, table: str) -> dict[str, Any]:
    columns = sorted(look.get_columns(table), key=lambda column: column["name"])
    shown = [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in columns]
    if table in PARTITIONED:
        return {"columns": shown}
    return {
        "columns": shown,
        "primary": set(look.get_pk_constraint(table)["constrained_columns"]),
        "unique": sorted((u["name"] or "", tuple(u["column_names"])) for u in look.get_unique_constraints(table)),
        "checks": sorted((c["name"] or "", c["sqltext"]) for c in look.get_check_constraints(table)),
        "foreign": sorted(
            (f["name"] or "", tuple(f["constrained_columns"]), f["referred_table"])
            for f in look.get_foreign_keys(table)
        ),
        "indexes": sorted(
            (i["name"] or "", str(i["column_names"]), i["unique"], str(i.get("dialect_options", {})))
            for i in look.get_indexes(table)
        ),
    }


def test_the_migrations_lead_to_the_tables(database_server: Place) -> None:
    server, folder = database_server
    with empty_database(database_server) as url:
        wanted = shared_store(url, folder / "password")
        metadata.create_all(wanted.engine)
        wanted.close()
        assert described(server.url(TEMPLATE)) == described(url)


def test_two_that_start_at_once_migrate_once(database_server: Place, tmp_path: Path) -> None:
    _, folder = database_server
    with empty_database(database_server) as url:
        troubles: list[BaseException] = []

        def start() -> None:
            try:
                open_store_in(tmp_path, url, folder / "password").close()
            except BaseException as error:  # noqa: BLE001  # told by the test
                troubles.append(error)

        threads = [threading.Thread(target=start) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert troubles == []
        store = shared_store(url, folder / "password")
        migrate(store)
        with store.reading() as connection:
            assert len(connection.execute(text("SELECT version_num FROM alembic_version")).all()) == 1
        store.close()


def test_who_writes_is_alone(database_server: Place) -> None:
    """Each reads, waits, and writes what it has read and one more: nothing is lost."""
    with stores(database_server, 2) as both:

        def count(store: Store) -> None:
            for _ in range(25):
                with store.writing() as connection:
                    before = int(read_meta(connection, "n") or 0)
                    time.sleep(0.001)
                    write_meta(connection, "n", str(before + 1))

        threads = [threading.Thread(target=count, args=(store,)) for store in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with both[0].reading() as connection:
            assert read_meta(connection, "n") == "50"


def test_who_reads_sees_one_state_and_changes_nothing(database_server: Place) -> None:
    with stores(database_server, 2) as [one, other]:
        with one.reading() as connection:
            assert read_meta(connection, "n") is None
            with other.writing() as writing:
                write_meta(writing, "n", "1")
            assert read_meta(connection, "n") is None
        with one.reading() as connection:
            assert read_meta(connection, "n") == "1"
        with pytest.raises(StoreUnavailable, match="read-only"), one.reading() as connection:
            write_meta(connection, "n", "2")


def test_a_block_that_fails_leaves_nothing(database_server: Place) -> None:
    with stores(database_server, 1) as [store]:
        with pytest.raises(KeyError), store.writing() as connection:  # noqa: PT012
            count_up(connection, "n")
            raise KeyError
        with store.writing() as connection:
            assert count_up(connection, "n") == 1
            with pytest.raises(DataError), savepoint(connection):
                connection.execute(text("SELECT 1/0"))
            assert count_up(connection, "n") == 2, "the rest of the transaction goes on"


def test_a_lock_that_does_not_come_is_told_in_bounded_time(
    database_server: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgresql._SERVER_SIDE, "lock_timeout", "200ms")
    with stores(database_server, 2) as [one, other], one.writing():
        began = time.monotonic()
        with pytest.raises(StoreBusy), other.writing():
            pass
        assert 0.1 < time.monotonic() - began < 5


def test_a_lost_connection_is_told_and_replaced(database_server: Place) -> None:
    server, _ = database_server
    with stores(database_server, 1) as [store]:
        with store.writing() as connection:
            write_meta(connection, "n", "1")
            here = connection.execute(text("SELECT current_database()")).scalar_one()
        end_all = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{here}'"  # noqa: S608
        with pytest.raises(StoreUnavailable), store.writing() as connection:  # noqa: PT012
            write_meta(connection, "n", "2")
            server.execute(end_all)
            write_meta(connection, "n", "3")
        with store.writing() as connection:
            assert read_meta(connection, "n") == "1", "nothing of the lost block remains"
            write_meta(connection, "n", "4")
        server.execute(end_all)
        with pytest.raises(StoreUnavailable), savepoint_of(store):
            pass
        with store.reading() as connection:
            assert read_meta(connection, "n") == "4"


@contextmanager
def savepoint_of(store: Store) -> Iterator[None]:
    """A group with one batch, after the connection was lost while it lay in the pool."""
    with store.writing() as connection, savepoint(connection):
        yield


def test_a_database_of_another_encoding_is_refused(database_server: Place) -> None:
    server, folder = database_server
    server.execute("CREATE DATABASE old_one TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        with pytest.raises(StoreRefused, match="its encoding is SQL_ASCII"):
            shared_store(server.url("old_one"), folder / "password")
    finally:
        server.drop("old_one")


def test_a_server_without_fsync_is_complained_of(database_server: Place, caplog: pytest.LogCaptureFixture) -> None:
    with stores(database_server, 1) as [store]:
        assert any("fsync off" in record.message for record in caplog.records)
        with store.reading() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"


def test_a_wrong_password_is_told_without_it(database_server: Place, tmp_path: Path) -> None:
    server, _ = database_server
    (tmp_path / "password").write_text("hunter2")
    with pytest.raises(StoreRefused, match="password authentication failed") as refused:
        shared_store(server.url("postgres"), tmp_path / "password")
    assert "hunter2" not in str(refused.value)


ODD = Table(
    "odd",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("number", BigInteger),
    Column("words", Text),
    Column("raw", LargeBinary),
    Column("is_so", Boolean),
    Column("share", Float),
)
WORDS = ("", "NULL", '{"a"},\\', "한국어 'x' %s", None, "two\nlines")


@pytest.mark.parametrize("count", [1, arrays.LEAST_ROWS, arrays.ROWS_MAX + 1])
def test_many_rows_at_once_are_the_rows_that_were_given(database_server: Place, count: int) -> None:
    rows = [
        {
            "id": at,
            "number": (None, -(2**63), 2**63 - 1)[at % 3],
            "words": WORDS[at % len(WORDS)],
            "raw": (b"\x00\xff\\", None)[at % 2],
            "is_so": (True, False, None)[at % 3],
            "share": (0.1, None)[at % 2],
        }
        for at in range(count)
    ]
    with stores(database_server, 1) as (store,), store.writing() as connection:
        ODD.create(connection)
        Prepared(insert(ODD)).run(connection, rows)
        found = connection.execute(select(ODD).order_by(ODD.c.id)).mappings().all()
        assert [dict(row) for row in found] == rows
