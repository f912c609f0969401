from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.spool import SpoolFull
from agent.spool.database import Database, SpoolDamaged, SpoolRefused
from agent.spool.schema import STEPS, VERSION


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "spool.db", max_bytes=2_000_000)
    opened.open()
    yield opened
    opened.close()


def put(database: Database, key: str, value: str = "x", *, control: bool = False) -> None:
    with database.transaction(control=control) as sql:
        sql.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, value))


def keys(database: Database) -> set[str]:
    with database.reading() as sql:
        return {row[0] for row in sql.execute("SELECT key FROM meta")} - {"turn"}


def test_it_is_durable_and_private(database: Database) -> None:
    with database.reading() as sql:
        assert sql.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert sql.execute("PRAGMA synchronous").fetchone()[0] == 3  # EXTRA: with a rollback journal too
    assert database.path.stat().st_mode & 0o777 == 0o600


def test_all_of_a_transaction_or_nothing(database: Database) -> None:
    put(database, "a")

    def fail() -> None:
        with database.transaction() as sql:
            sql.execute("INSERT INTO meta VALUES ('b', 'x')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert keys(database) == {"a"}
    put(database, "c")
    assert keys(database) == {"a", "c"}


def test_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    database.close()
    with sqlite3.connect(database.path) as sql:
        sql.execute(f"PRAGMA user_version={VERSION + 1}")
    sql.close()
    before = database.path.read_bytes()
    with pytest.raises(SpoolRefused, match="newer agent"):
        database.open()
    assert database.path.read_bytes() == before


def test_a_file_of_version_1_gets_what_it_lacks_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    with contextlib.closing(sqlite3.connect(path)) as sql:
        sql.executescript(STEPS[1])
        sql.execute("INSERT INTO meta VALUES ('turn', '7')")
        sql.execute("INSERT INTO level VALUES ('disk:/', 'firing')")
        sql.execute("PRAGMA user_version=1")
        sql.commit()
    database = Database(path, max_bytes=2_000_000)
    for _ in range(2):
        database.open()
        with database.transaction() as sql:
            assert sql.execute("SELECT state FROM level").fetchall() == [("firing",)]
            assert sql.execute("SELECT COUNT(*) FROM history").fetchone() == (0,)
            assert sql.execute("PRAGMA user_version").fetchone() == (VERSION,)
        database.close()


@pytest.mark.parametrize("content", [b"this is not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_what_is_no_database_is_damage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "spool.db"
    path.write_bytes(content)
    database = Database(path, max_bytes=2_000_000)
    with pytest.raises(SpoolDamaged):
        database.open()
    aside = database.set_aside()
    assert aside.read_bytes() == content
    database.open()
    database.close()


def test_a_flipped_page_is_found_at_opening(database: Database) -> None:
    with database.transaction() as sql:
        sql.executemany("INSERT INTO level VALUES (?,?)", [(f"key {n}", "x" * 500) for n in range(200)])
    database.close()
    raw = bytearray(database.path.read_bytes())
    raw[-40 * 4096 : -4096] = b"\x55" * (39 * 4096)
    database.path.write_bytes(bytes(raw))
    with pytest.raises(SpoolDamaged):
        database.open()


def test_no_room_is_told_and_control_has_a_little_more(database: Database) -> None:
    def fill() -> None:
        for number in range(10_000):
            put(database, f"k{number}", "x" * 4_000)

    with pytest.raises(SpoolFull):
        fill()
    count = len(keys(database))
    put(database, "ack", "x" * 4_000, control=True)
    assert len(keys(database)) == count + 1
    assert database.path.stat().st_size <= 2_000_000


def test_a_commit_that_failed_with_an_io_error_is_looked_up_not_repeated(database: Database) -> None:
    """The commit did happen, although COMMIT reported an error: nothing may be stored twice."""

    class Liar:
        def __init__(self, inner: sqlite3.Connection) -> None:
            self.inner = inner

        def execute(self, statement: str, *values: Any) -> object:
            result = self.inner.execute(statement, *values)
            if statement == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return result

        def close(self) -> None:
            self.inner.close()

    assert database._connection is not None
    database._connection = Liar(database._connection)  # type: ignore[assignment]
    put(database, "a")  # no error: the file says that it is there
    assert keys(database) == {"a"}


def test_a_commit_that_failed_and_did_not_happen_is_an_error(database: Database) -> None:
    class Broken:
        def __init__(self, inner: sqlite3.Connection) -> None:
            self.inner = inner

        def execute(self, statement: str, *values: Any) -> object:
            if statement == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return self.inner.execute(statement, *values)

        def close(self) -> None:
            self.inner.close()

    assert database._connection is not None
    database._connection = Broken(database._connection)  # type: ignore[assignment]
    with pytest.raises(SpoolFull):
        put(database, "a")
    assert keys(database) == set()
    put(database, "b")
    assert keys(database) == {"b"}


def test_a_folder_that_cannot_be_written_is_refused_with_its_path(tmp_path: Path) -> None:
    database = Database(tmp_path / "missing" / "spool.db", max_bytes=2_000_000)
    with pytest.raises((SpoolRefused, OSError), match="missing"):
        database.open()
