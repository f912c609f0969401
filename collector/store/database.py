"""The database behind the repositories: SQLite by default, PostgreSQL where the settings name one.

Two doors. `reading()` gives a connection whose transaction sees one state; `writing()` takes the one write lock of
the database at the begin, so that whoever writes has read what is true until the commit. The code above relies on
that on both. It commits at the end, or rolls back on an exception; what it committed survives a power cut.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from collector.errors import StoreBusy
from collector.store.leading import Leading
from collector.store.model import WRITING, Backend
from collector.store.prepared import run_text
from collector.store.sqlite import BUSY_S, sqlite_backend
from collector.store.troubles import Trouble, explained
from wire.sentence import sentence

__all__ = ["Connection", "Store", "savepoint"]

PART = "part"  # of every savepoint: both databases mean the innermost one of a name
LOCK_S = BUSY_S + 5.0  # longer than the wait below it, so that the reason is the database's own


class Store:
    """One database. Safe to share between threads; each call takes a connection of its own.

    All that is written goes through one connection that is kept, one at a time: what it holds of the database in
    memory, and the statements it has prepared, stay good as long as nobody writes through another.
    """

    def __init__(self, place: Path | Backend) -> None:
        self.backend = place if isinstance(place, Backend) else sqlite_backend(place)
        self._writer = threading.Lock()  # threads of one process queue here instead of at the database's lock
        self._kept: Connection | None = None  # the writer's, between two of its transactions
        self._leading = Leading(self.engine) if self.backend.is_shared else None

    @property
    def engine(self) -> Engine:
        """Connections and dialect."""
        return self.backend.engine

    @property
    def name(self) -> str:
        """What a person is told: a path, or an address without a password."""
        return self.backend.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries; its transaction is rolled back at the end. Raises `StoreUnavailable`."""
        with _explaining(), self.engine.connect() as connection:
            if self.backend.reading:
                connection.execution_options(**self.backend.reading)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that holds the write lock; durable when the block ends without an exception.

        Raises `StoreUnavailable` when that cannot be, with the whole block undone. After a connection that was lost
        during the commit nobody knows: whoever repeats what he asked for finds it done, or not.
        """
        if not self._writer.acquire(timeout=LOCK_S):
            raise StoreBusy(sentence("the database is busy"))
        try:
            with _explaining(), self._keeping() as connection, connection.begin():
                yield connection
        finally:
            self._writer.release()

    @contextmanager
    def _keeping(self) -> Iterator[Connection]:
        """The writer's connection; one that has met any exception is not kept."""
        connection, self._kept = self._kept, None
        if connection is None:
            connection = self.engine.connect().execution_options(**{WRITING: True})
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._kept = connection

    def is_leader(self) -> bool:
        """Whether background work is this process's; of several on one PostgreSQL it is exactly one."""
        return self._leading is None or self._leading.holds()

    def close(self) -> None:
        """Close every pooled connection; another process leads at once."""
        if self._leading is not None:
            self._leading.release()
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        self.engine.dispose()


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """A part of a transaction that is undone alone when the block raises; `StoreUnavailable` undoes everything.

    Not SQLAlchemy's own: that spends a name, an object and three compilations on each.
    """
    with _explaining():
        run_text(connection, f"SAVEPOINT {PART}")
        try:
            yield
        except BaseException:
            if not connection.invalidated:
                run_text(connection, f"ROLLBACK TO SAVEPOINT {PART}")
                run_text(connection, f"RELEASE SAVEPOINT {PART}")
            raise
        run_text(connection, f"RELEASE SAVEPOINT {PART}")


@contextmanager
def _explaining() -> Iterator[None]:
    try:
        yield
    except Trouble as error:
        why = explained(error)
        if why is None:
            raise
        raise why from error
