"""A copy of a saved SQLite file that can only be read."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.scratch.bench import refuse_damaged, unusable
from remediation.backup.scratch.folder import scratch_folder
from remediation.backup.sources.sqlite import COPY, count_rows, find_faults, open_reading

_DENIED: Final = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_PRAGMA})


class LoadedSqlite:
    """A database in a file of its own."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path

    def counts(self) -> dict[str, int]:
        """Rows of each table."""
        with contextlib.closing(open_reading(self.path)) as connection:
            return count_rows(connection)

    def query(self, statement: str) -> Iterator[tuple[object, ...]]:
        """Rows of one reading statement, which can open no other file."""
        with contextlib.closing(open_reading(self.path)) as connection:
            connection.set_authorizer(_may)
            try:
                yield from connection.execute(statement)
            except sqlite3.Error as error:
                raise unusable(self.name, error) from error

    def integrity(self) -> list[str]:
        """What SQLite's own check finds."""
        with contextlib.closing(open_reading(self.path)) as connection:
            return find_faults(connection)


def _may(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action in _DENIED else sqlite3.SQLITE_OK


@contextlib.contextmanager
def loaded(facts: DatabaseFacts, dump: Path, into: Path) -> Iterator[LoadedSqlite]:
    """A copy below `into`, for the length of a block."""
    refuse_damaged(facts, dump)
    with scratch_folder(into, "", has_socket=False) as folder:
        shutil.copyfile(dump / COPY, folder / COPY)
        yield LoadedSqlite(facts.name, folder / COPY)
