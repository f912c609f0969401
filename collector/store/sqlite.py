"""SQLite: WAL, synchronous=EXTRA, one file.

The collector's answer promises that what it acknowledged survives a power cut. With a write-ahead log EXTRA is FULL;
where SQLite cannot begin one it says nothing and keeps a rollback journal, which needs EXTRA. A transaction that
writes takes the write lock at once (BEGIN IMMEDIATE): one that reads first and writes later could otherwise fail
half-way with "database is locked".
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from collector.store.model import WRITING, Backend
from collector.store.prepared import run_outside

BUSY_S = 10.0  # how long a writer waits for another process's writer (command line beside the server)
WAL_PAGES = 4_000  # checkpoint every 16 MB: measured best for many small commits


def sqlite_backend(path: Path) -> Backend:
    """The database in this file."""
    engine: Engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": BUSY_S, "check_same_thread": False}, pool_size=8
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return Backend(str(path), engine)


def _prepare(raw: sqlite3.Connection, _record: Any) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves; the driver's guess would come too late
    for pragma in (
        "journal_mode=WAL",
        "synchronous=EXTRA",
        "foreign_keys=ON",
        f"wal_autocheckpoint={WAL_PAGES}",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING, False)
    run_outside(connection, "BEGIN IMMEDIATE" if writing else "BEGIN")
