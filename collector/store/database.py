"""The database behind the repositories: SQLite, WAL, synchronous=FULL.

Two doors. `reading()` gives a connection whose transaction sees one state; `writing()` takes the
write lock at once (BEGIN IMMEDIATE: a transaction that reads first and writes later could otherwise
fail half-way with "database is locked") and commits at the end, or rolls back on an exception.
FULL, because the collector's answer promises that what it acknowledged survives a power cut.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from collector.errors import StoreBusy, StoreFull, StoreUnavailable
from wire.sentence import sentence

__all__ = ["Connection", "Store", "explained", "savepoint"]

BUSY_S = 10.0  # how long a writer waits for another process's writer (command line beside the server)
LOCK_S = BUSY_S + 5.0  # longer than the wait below it, so that the reason is SQLite's own
WAL_PAGES = 4_000  # checkpoint every 16 MB: measured best for many small commits


class Store:
    """One database. Safe to share between threads; each call takes a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine: Engine = create_engine(
            f"sqlite:///{path}", connect_args={"timeout": BUSY_S, "check_same_thread": False}, pool_size=8
        )
        event.listen(self.engine, "connect", _prepare)
        event.listen(self.engine, "begin", _begin)
        self._writer = threading.Lock()  # threads of one process queue here instead of polling SQLite's lock

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries; its transaction is rolled back at the end."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that holds the write lock; durable when the block ends without an exception.

        Raises `StoreUnavailable` when that cannot be, with the whole block undone.
        """
        if not self._writer.acquire(timeout=LOCK_S):
            raise StoreBusy(sentence("the database is busy"))
        try:
            with self.engine.connect().execution_options(writing=True) as connection, connection.begin():
                yield connection
        except OperationalError as error:
            raise explained(error) from error
        finally:
            self._writer.release()

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """A part of a transaction that is undone alone when the block raises; `StoreUnavailable` undoes everything."""
    try:
        with connection.begin_nested():
            yield
    except OperationalError as error:
        raise explained(error) from error


def explained(error: BaseException) -> StoreUnavailable:
    """What an operational error of the database means to the caller; SQLite says it in words only."""
    words = ""
    cause: BaseException | None = error
    while cause is not None:  # a failed rollback hides the reason behind it
        words += f" {cause}"
        cause = cause.__cause__ or cause.__context__
    if "disk is full" in words:
        return StoreFull(sentence("there is no room on the disk of the database"))
    if "locked" in words or "busy" in words:
        return StoreBusy(sentence("the database is busy"))
    return StoreUnavailable(sentence("the database cannot write: {problem}", problem=str(error)))


def _prepare(raw: sqlite3.Connection, _record: Any) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves; the driver's guess would come too late
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"wal_autocheckpoint={WAL_PAGES}",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
