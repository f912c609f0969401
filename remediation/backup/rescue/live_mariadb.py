"""Bringing a MariaDB database back into a live server.

It is loaded into a database of its own and counted. Changing places is one RENAME TABLE for all tables,
which the server does whole or not at all. Views, routines and events stay where they are; a table with a
trigger cannot move to another database, so a database with triggers is brought back beside only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from remediation.backup.errors import BackupError, RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.rescue.preview import BroughtBack, Preview, names, refuse_other_counts, refuse_without_consent
from remediation.backup.scratch.bench import Bench, refuse_damaged, unusable
from remediation.backup.scratch.mariadb import load_into, make_database
from remediation.backup.sources import mariadb_session as session
from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb import DUMP, MariadbShape
from remediation.backup.sources.mariadb import SHAPE as SHAPE_FILE
from remediation.backup.sources.whole import in_words
from wire.sentence import sentence

if TYPE_CHECKING:
    from pymysql.connections import Connection

NAME_BYTES: Final = 64
_THERE: Final = "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
_USERS: Final = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = %s AND ID <> CONNECTION_ID()"
_TRIGGERS: Final = "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN (%s, %s)"


@dataclass(frozen=True)
class LiveMariadb:
    """A live server."""

    login: Login
    bench: Bench

    def preview(self, facts: DatabaseFacts, dump: Path, mark: str) -> Preview:
        """What would be done. Nothing is."""
        shape = _shape(facts, dump)
        beside, kept = names(shape.database, mark, NAME_BYTES)
        with self._connected(None) as connection:
            is_there = bool(_count(connection, _THERE, shape.database))
            users = _count(connection, _USERS, shape.database)
        now: dict[str, int] = {}
        if is_there:
            with self._connected(shape.database) as connection:
                now = session.count_rows(connection)
        return Preview(
            database=shape.database, is_there=is_there, now=now, then=facts.tables, beside=beside, kept=kept,
            users=users,
        )  # fmt: skip

    def bring_back(
        self, facts: DatabaseFacts, dump: Path, mark: str, consent: str, *, swap: bool = False
    ) -> BroughtBack:
        """Load it beside the live one; with `swap` their tables change places afterwards."""
        preview = self.preview(facts, dump, mark)
        refuse_without_consent(preview, consent, swap=swap)
        refuse_damaged(facts, dump)
        shape = _shape(facts, dump)
        with self._new_database(shape, preview.beside):
            load_into(self.bench, facts.name, self.login, preview.beside, dump / DUMP)
            with self._connected(preview.beside) as connection:
                tables = session.count_rows(connection)
            refuse_other_counts(facts, tables)
            if swap:
                self._change_places(shape, preview)
        if not swap:
            return BroughtBack(database=preview.beside, kept="", tables=tables)
        with self._connected(None) as connection:
            session.ask(connection, f"DROP DATABASE {session.quoted(preview.beside)}")  # its views and routines
        return BroughtBack(database=preview.database, kept=preview.kept, tables=tables)

    def _change_places(self, shape: MariadbShape, preview: Preview) -> None:
        with self._connected(None) as connection:
            if _count(connection, _TRIGGERS, preview.database, preview.beside):
                raise RestoreRefused(
                    sentence(
                        "tables with triggers cannot change places; bring {database} back beside and move it by hand",
                        database=preview.database,
                    )
                )
            if _count(connection, _THERE, preview.kept):
                raise RestoreRefused(sentence("there is a database {database} already", database=preview.kept))
            make_database(self.login, shape, preview.kept)
            moves = _moves(preview.now, preview.database, preview.kept)
            moves += _moves(preview.then, preview.beside, preview.database)
            if moves:
                session.ask(connection, f"RENAME TABLE {', '.join(moves)}")

    @contextlib.contextmanager
    def _new_database(self, shape: MariadbShape, name: str) -> Iterator[None]:
        """A database that is gone again when the block fails."""
        with self._connected(None) as connection:
            if _count(connection, _THERE, name):
                raise RestoreRefused(sentence("there is a database {database} already", database=name))
        make_database(self.login, shape, name)
        try:
            yield
        except (BackupError, KeyboardInterrupt):
            with self._connected(None) as connection:
                session.ask(connection, f"DROP DATABASE {session.quoted(name)}")
            raise

    @contextlib.contextmanager
    def _connected(self, database: str | None) -> Iterator[Connection]:
        try:
            with session.connected(self.login, database) as connection:
                yield connection
        except session.driver_errors() as error:
            raise RestoreRefused(sentence("the database refuses: {problem}", problem=in_words(error))) from error


def _shape(facts: DatabaseFacts, dump: Path) -> MariadbShape:
    try:
        return msgspec.json.decode((dump / SHAPE_FILE).read_bytes(), type=MariadbShape)
    except (OSError, msgspec.DecodeError) as error:
        raise unusable(facts.name, error) from error


def _count(connection: Connection, question: str, *values: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _moves(tables: dict[str, int], old: str, new: str) -> list[str]:
    return [
        f"{session.quoted(old)}.{session.quoted(table)} TO {session.quoted(new)}.{session.quoted(table)}"
        for table in sorted(tables)
    ]
