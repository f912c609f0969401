"""The spool's file: opening, one transaction at a time, and what to do when the disk fails.

Theory of operation
-------------------
WAL and `synchronous=EXTRA`: what COMMIT has returned is on the disk. There is one connection and one
lock; readers of logs, health and the uplink take turns. With a write-ahead log EXTRA is FULL; but where SQLite
cannot begin one (a flush fails just then, no shared memory) it says nothing and keeps a rollback journal,
and with that only EXTRA makes a commit survive a power cut.

Every transaction adds one to `meta.turn`. When COMMIT itself fails with an I/O error, nobody knows
whether it happened (a failed fsync must not be tried again on the same handle). Then the file is
opened anew and `turn` is read: if it has moved, the commit is there, otherwise it is not. So
`SpoolFull` always means "nothing was stored", and the caller may safely repeat.

A damaged file is set aside (one such copy is kept, the newest) and replaced by an empty spool. A
file of a newer version is left alone and refused.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.durable import PRIVATE_FILE, flush_folder
from agent.spool.port import SpoolFull
from agent.spool.schema import STEPS, VERSION
from wire.sentence import Sentence, sentence

PAGE_BYTES: Final = 4096
INTAKE_SHARE: Final = 0.90  # of the allowed pages; the rest is for acks and renumbering, which give room back
BUSY_MS: Final = 5_000  # another process only ever reads here (`status`)


class SpoolRefused(Exception):
    """The spool cannot be used at all; the sentence says why and what to do."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class SpoolDamaged(Exception):
    """The file is not a usable database (any more)."""


class DiskFull(SpoolFull):
    """The file could not be written; more room on the disk may help."""


class Database:
    """One SQLite file. `transaction` is the only way in."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._max_pages = max_bytes // PAGE_BYTES
        self._connection: sqlite3.Connection | None = None
        self._turn = 0

    def is_missing(self) -> bool:
        """Whether there is no file, or an empty one, as a power cut can leave it."""
        return not self.path.exists() or self.path.stat().st_size == 0

    def open(self) -> None:
        """Open or create; `SpoolRefused` for a newer version, `SpoolDamaged` for anything that is not a spool."""
        fresh = not self.path.exists()
        try:
            self._connect()
            if fresh:
                flush_folder(self.path.parent)
        except sqlite3.DatabaseError as error:
            self.close()
            if isinstance(error, sqlite3.OperationalError) and not _is_damage(error):
                raise SpoolRefused(
                    sentence("the spool {path} cannot be opened: {problem}", path=self.path, problem=str(error))
                ) from error
            raise SpoolDamaged(str(error)) from error

    def close(self) -> None:
        """Close the file; the next transaction opens it again."""
        with self.lock:
            if self._connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None

    def set_aside(self) -> Path:
        """Rename the damaged file (its log too) and make room for a new one; gives the new name."""
        self.close()
        aside = self.path.with_name(self.path.name + ".damaged")
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        if self.path.exists():
            self.path.replace(aside)
        flush_folder(self.path.parent)
        return aside

    @contextlib.contextmanager
    def transaction(self, *, control: bool = False) -> Iterator[sqlite3.Connection]:
        """All of the block in one durable commit.

        `control` marks work that gives room back and may use the last pages. Raises `SpoolFull` when
        nothing could be stored, `SpoolDamaged` when the file broke; in both cases nothing happened.
        """
        with self.lock:
            try:
                sql = self._connection or self._connect()
                pages = self._max_pages if control else int(self._max_pages * INTAKE_SHARE)
                sql.execute(f"PRAGMA max_page_count={pages}")
                sql.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise self._translated(error) from error
            try:
                yield sql
                self._commit(sql)
            except sqlite3.Error as error:
                self._undo(sql)
                raise self._translated(error) from error
            except BaseException:
                self._undo(sql)
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For queries that change nothing; errors as in `transaction`."""
        with self.lock:
            try:
                yield self._connection or self._connect()
            except sqlite3.Error as error:
                raise self._translated(error) from error

    def limit(self, max_bytes: int) -> None:
        """Take another size limit, from the next transaction on."""
        with self.lock:
            self._max_pages = max_bytes // PAGE_BYTES

    def _commit(self, sql: sqlite3.Connection) -> None:
        turn = self._turn + 1
        sql.execute("UPDATE meta SET value=? WHERE key='turn'", (str(turn),))
        try:
            sql.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if "i/o error" not in str(error).lower():
                raise
            self._undo(sql)
            self.close()
            self._connect()
            if self._turn != turn:
                raise
        self._turn = turn

    def _undo(self, sql: sqlite3.Connection) -> None:
        with contextlib.suppress(sqlite3.Error):
            sql.execute("ROLLBACK")

    def _translated(self, error: sqlite3.Error) -> Exception:
        """The error as the caller's next move: wait, or start a new file. Programming errors stay themselves."""
        if _is_damage(error):
            self.close()
            return SpoolDamaged(str(error))
        if isinstance(error, sqlite3.OperationalError):
            if not _is_room(error):
                self.close()  # an I/O error poisons the handle: the next transaction opens the file anew
            return DiskFull(str(error))
        return error

    def _connect(self) -> sqlite3.Connection:
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE))
        sql = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
        try:
            self._prepare(sql)
        except BaseException:
            sql.close()
            raise
        self._connection = sql
        return sql

    def _prepare(self, sql: sqlite3.Connection) -> None:
        version = sql.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise SpoolRefused(
                sentence(
                    "the spool {path} was written by a newer agent (version {found}, this one knows {known}); "
                    "install that agent again, or move the file away and lose what waits in it",
                    path=self.path,
                    found=version,
                    known=VERSION,
                )
            )
        for pragma in ("journal_mode=WAL", "synchronous=EXTRA", f"page_size={PAGE_BYTES}", "trusted_schema=OFF"):
            sql.execute(f"PRAGMA {pragma}")
        checkpoint = max(32, min(1_000, self._max_pages // 32))
        sql.execute(f"PRAGMA wal_autocheckpoint={checkpoint}")
        sql.execute(f"PRAGMA journal_size_limit={2 * checkpoint * PAGE_BYTES}")
        sql.execute("PRAGMA cache_size=-512")  # KiB: twice a batch; an agent that cannot send fills all of it
        if version and sql.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("database disk image is malformed")
        if version < VERSION:
            self._build(sql, version)
        self._turn = int(sql.execute("SELECT value FROM meta WHERE key='turn'").fetchone()[0])

    def _build(self, sql: sqlite3.Connection, version: int) -> None:
        """Create the tables, or add what a file of an older version lacks."""
        sql.execute("BEGIN IMMEDIATE")
        for step in range(version + 1, VERSION + 1):
            for statement in STEPS[step].split(";"):
                if statement.strip():
                    sql.execute(statement)
        if version == 0:
            sql.execute("INSERT INTO meta VALUES ('turn', '0')")
        sql.execute(f"PRAGMA user_version={VERSION}")
        sql.execute("COMMIT")


def _is_damage(error: sqlite3.Error) -> bool:
    text = str(error).lower()
    return any(
        word in text for word in ("malformed", "not a database", "no such table", "already exists", "no such column")
    )


def _is_room(error: sqlite3.Error) -> bool:
    return "full" in str(error).lower()
