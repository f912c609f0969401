"""Saving one SQLite file while others write: the backup API, never a copy of the file.

All pages are copied in one step, under one reading lock: in WAL mode nobody waits, in the older modes
writers wait for as long as the copy takes. In several steps a busy writer would make it begin again for
ever. The copy is one file without a WAL beside it; it is checked and counted, not the live one.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Final

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.model import Step, Tell
from remediation.backup.sources.whole import hash_files, source_failed, whole_or_nothing

COPY: Final = "content.sqlite"
BUSY_S: Final = 60.0
FAULTS: Final = 20  # that are told of one database
TABLES: Final = """
SELECT name FROM sqlite_master
 WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'create virtual%' ORDER BY name
"""


class SqliteSource:
    """One file."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    def save(self, into: Path, tell: Tell) -> DatabaseFacts:
        """Copy it into the empty folder `into`."""
        tell(Step(self.name))
        copy = into / COPY
        with whole_or_nothing(self.name, into, (sqlite3.Error,)):
            _copy(self._path, copy)
            size = copy.stat().st_size
            with contextlib.closing(open_reading(copy)) as connection:
                if faults := find_faults(connection):
                    raise source_failed(self.name, f"the database is damaged: {faults[0]}")
                tables = count_rows(connection)
                version = str(connection.execute("SELECT sqlite_version()").fetchone()[0])
                warnings = _warnings(connection)
            hashes = hash_files(into)
            tell(Step(self.name, done_bytes=size, total_bytes=size))
        return DatabaseFacts(
            name=self.name, engine="sqlite", version=version, files=sorted(hashes), hashes=hashes,
            size_bytes=size, tables=tables, warnings=warnings,
        )  # fmt: skip


def open_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; the file has to be there."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
    connection.execute("PRAGMA query_only = 1")
    return connection


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows of each table."""
    names = [str(name) for (name,) in connection.execute(TABLES)]
    return {name: int(connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]) for name in names}


def find_faults(connection: sqlite3.Connection) -> list[str]:
    """What the whole check of the file finds; empty: nothing."""
    try:
        found = [str(fault) for (fault,) in connection.execute(f"PRAGMA integrity_check({FAULTS})")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [fault for fault in found if fault != "ok"]


def quoted(name: str) -> str:
    """A name as it stands in a statement.

    >>> print(quoted('a"b'))
    "a""b"
    """
    return '"' + name.replace('"', '""') + '"'


def _copy(path: Path, copy: Path) -> None:
    with (
        contextlib.closing(open_reading(path)) as live,
        contextlib.closing(sqlite3.connect(copy, timeout=BUSY_S)) as made,
    ):
        live.backup(made)
        made.execute("PRAGMA journal_mode = DELETE")


def _warnings(connection: sqlite3.Connection) -> list[str]:
    broken: dict[str, int] = {}
    for table, *_ in connection.execute("PRAGMA foreign_key_check"):
        broken[str(table)] = broken.get(str(table), 0) + 1
    return [f"{count} rows of {table} name rows that do not exist" for table, count in sorted(broken.items())]
