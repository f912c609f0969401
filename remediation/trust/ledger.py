"""What this host has used up, and what was stopped: one SQLite file in the executor's own folder.

Rows are only ever added and numbers only ever rise, so nothing that was revoked, declined or used
becomes usable again; restoring the agent's files changes nothing here. Each step is durable
(synchronous FULL or more) before it returns, so a run that was counted stays counted through a power cut.
Count first, run then: a crash between the two costs a run and never doubles one.

Several processes may hold the same file: every step is one transaction, and every call opens the
file anew, because a call is rare and an executor lives for seconds.

A revocation is honoured from anyone, so anyone can send many. There is room for `STOPS`; when it is
full nothing is forgotten and nothing runs any more, until an administrator looks.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from remediation.durable import PRIVATE_FILE, PRIVATE_FOLDER
from remediation.trust.decision import Use

LEDGER_NAME: Final = "ledger.sqlite"
STOPS: Final = 100_000  # about 10 MB
BUSY_S: Final = 5.0

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS uses (id TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revoked (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS declined (digest TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_USE: Final = "INSERT INTO uses VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET count = count + 1"


class LedgerBroken(Exception):
    """The ledger cannot be read or written: nothing may run. The text says why."""


class Ledger:
    """The host's store of decisions."""

    def __init__(self, folder: Path) -> None:
        """Open or make the ledger in `folder`, which belongs to the executor alone."""
        self.path = folder / LEDGER_NAME
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE))
        with self._opened() as file:
            file.executescript(_SCHEMA)

    def uses(self) -> dict[str, int]:
        """How often each request, approval and rule in advance was used."""
        with self._opened() as file:
            return dict(file.execute("SELECT id, count FROM uses"))

    def revoked(self) -> frozenset[str]:
        """Ids of requests and approvals that were revoked."""
        with self._opened() as file:
            return frozenset(row[0] for row in file.execute("SELECT id FROM revoked"))

    def declined(self) -> frozenset[str]:
        """Digests of requests that were declined."""
        with self._opened() as file:
            return frozenset(row[0] for row in file.execute("SELECT digest FROM declined"))

    def use(self, used: Sequence[Use]) -> bool:
        """Count one run of everything in `used`, all or nothing; False when any of it may not be used any more.

        Looks at the numbers again inside the transaction, so of two who hold the same permit one gets it.
        """
        with self._opened() as file, _transaction(file):
            if not used or len({use.id for use in used}) != len(used) or _is_full(file):
                return False
            if any(not _is_free(file, use) for use in used):
                return False
            file.executemany(_USE, [(use.id,) for use in used])
            return True

    def revoke(self, document_id: str) -> None:
        """Stop the request or approval with this id, for ever."""
        with self._opened() as file, _transaction(file):
            if not _is_full(file):
                file.execute("INSERT OR IGNORE INTO revoked VALUES (?)", (document_id,))

    def decline(self, digest: str) -> None:
        """Stop the request with this digest, for ever."""
        with self._opened() as file, _transaction(file):
            if not _is_full(file):
                file.execute("INSERT OR IGNORE INTO declined VALUES (?)", (digest,))

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            file = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
            try:
                file.execute("PRAGMA journal_mode = DELETE")
                file.execute("PRAGMA synchronous = EXTRA")  # FULL, and the journal's removal is durable too
                yield file
            finally:
                file.close()
        except sqlite3.Error as error:
            raise LedgerBroken(f"{self.path}: {error}") from error


@contextlib.contextmanager
def _transaction(file: sqlite3.Connection) -> Iterator[None]:
    """Commit at the end of the block, roll back when it raises."""
    with file:
        file.execute("BEGIN IMMEDIATE")
        yield


def _is_free(file: sqlite3.Connection, use: Use) -> bool:
    row = file.execute("SELECT count FROM uses WHERE id = ?", (use.id,)).fetchone()
    is_revoked = file.execute("SELECT 1 FROM revoked WHERE id = ?", (use.id,)).fetchone()
    return (row[0] if row else 0) < use.limit and not is_revoked


def _is_full(file: sqlite3.Connection) -> bool:
    count: int = file.execute("SELECT (SELECT count(*) FROM revoked) + (SELECT count(*) FROM declined)").fetchone()[0]
    return count >= STOPS
