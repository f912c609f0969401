"""SQLite: one file. Every change belongs to a transaction, the table of marks included.

Putting back is a rename: the saved copy is written beside the live file, flushed, the WAL and the journal of the
old content are removed (they would be replayed into the new one), and then the names change. The services
stand still meanwhile; a crash in between leaves the saved copy where it was, and putting back is done again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from remediation.backup.rescue.tables import SqliteDatabase
from remediation.backup.sources.sqlite import COPY, SqliteSource
from remediation.durable import PRIVATE_FILE, flush_folder
from remediation.patch.databases.port import LOCK_WAIT_S, Session
from remediation.patch.errors import StepFailed
from wire.sentence import sentence

BESIDE: Final = ("-wal", "-shm", "-journal")
LOOK_EVERY: Final = 50_000  # instructions of SQLite's machine between two looks at the clock


class SqliteSession:
    """One connection."""

    def __init__(self, connection: sqlite3.Connection, monotonic: Callable[[], float]) -> None:
        self._connection = connection
        self._monotonic = monotonic
        self._limit_s: float | None = None

    def begin(self, timeout_s: float) -> None:
        """Begin a transaction that writes."""
        self._limit_s = timeout_s
        self.run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """End it."""
        if not self._connection.in_transaction:
            raise StepFailed(sentence("a statement of the patch ended the transaction"))
        self.run("COMMIT")

    def roll_back(self) -> None:
        """Undo it."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")

    def run(self, statement: str, timeout_s: float | None = None) -> int:
        """One statement."""
        with _told(), self._timed(timeout_s or self._limit_s):
            return self._connection.execute(statement).rowcount

    def ask(self, statement: str) -> Sequence[tuple[Any, ...]]:
        """All rows."""
        with _told(), self._timed(self._limit_s):
            return self._connection.execute(statement).fetchall()

    @contextlib.contextmanager
    def _timed(self, limit_s: float | None) -> Iterator[None]:
        if limit_s is None:
            yield
            return
        end = self._monotonic() + limit_s
        self._connection.set_progress_handler(lambda: int(self._monotonic() > end), LOOK_EVERY)
        try:
            yield
        finally:
            self._connection.set_progress_handler(None, 0)


class Sqlite:
    """One file."""

    kind = "sqlite"
    is_transactional = True
    marks = "sitewarden_patch"

    def __init__(self, path: Path, monotonic: Callable[[], float], *, is_apart: bool = False) -> None:
        """`is_apart`: no statement may reach another file, because nobody has approved it yet."""
        self._path = path
        self._monotonic = monotonic
        self._is_apart = is_apart

    @contextlib.contextmanager
    def opened(self) -> Iterator[Session]:
        """A connection; the file has to be there."""
        place = f"{self._path.absolute().as_uri()}?mode=rw"
        with (
            _told(),
            contextlib.closing(sqlite3.connect(place, uri=True, timeout=LOCK_WAIT_S, isolation_level=None)) as opened,
        ):
            opened.execute("PRAGMA synchronous = EXTRA")  # a journal that comes back would undo a commit
            if self._is_apart:
                opened.set_authorizer(_may_apart)
            yield SqliteSession(opened, self._monotonic)

    def rows(self) -> SqliteDatabase:
        """For shapes."""
        return SqliteDatabase(self._path)

    def source(self, name: str) -> SqliteSource:
        """For saving."""
        return SqliteSource(name, self._path)

    def size_bytes(self, session: Session) -> int:
        """How large it is now."""
        return int(session.ask("PRAGMA page_count")[0][0]) * int(session.ask("PRAGMA page_size")[0][0])

    def has_marks(self, session: Session) -> bool:
        """Whether the table is there."""
        return bool(session.ask("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'sitewarden_patch'"))

    def refuse_untransacted(self, session: Session) -> None:
        """All tables know transactions."""

    def prepare_undo(self, session: Session) -> None:
        """Values are written back as they were read."""

    def settle(self, session: Session) -> None:
        """A commit is on the disk already."""

    def put_back(self, dump: Path) -> None:
        """The saved copy under the live name, with owner and mode of the file that it replaces."""
        fresh = self._path.with_name(f"{self._path.name}.sitewarden")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=PRIVATE_FILE)
        shutil.copyfile(dump / COPY, fresh)
        if self._path.exists():
            found = self._path.stat()
            os.chown(fresh, found.st_uid, found.st_gid)
            fresh.chmod(found.st_mode & 0o7777)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        for ending in BESIDE:
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        flush_folder(self._path.parent)
        fresh.replace(self._path)
        flush_folder(self._path.parent)


def _may_apart(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StepFailed(sentence("SQLite refuses: {problem}", problem=str(error))) from error
