"""A table as rows of texts, and statements that change it: the same for a scratch server and the live one.

Reading and changing are one port with three engines behind it. Changing is one transaction: each statement
has to change exactly one row, or nothing is changed at all.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.model import Column, KeyedRow, TableShape
from remediation.backup.sources import mariadb_session, postgresql_session
from remediation.backup.sources.login import Login
from remediation.backup.sources.sqlite import BUSY_S, open_reading
from remediation.backup.sources.sqlite import quoted as sqlite_quoted
from remediation.backup.sources.whole import in_words
from wire.sentence import sentence

LOCK_WAIT_S: Final = 10
_POSTGRESQL_COLUMNS: Final = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod),
       coalesce(array_position(i.indkey::int[], a.attnum::int), -1) + 1, a.attgenerated <> ''
  FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
 WHERE a.attrelid = to_regclass({name}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_MARIADB_COLUMNS: Final = """
SELECT c.COLUMN_NAME, c.DATA_TYPE, COALESCE(k.ORDINAL_POSITION, 0), c.IS_GENERATED = 'ALWAYS'
  FROM information_schema.COLUMNS c LEFT JOIN information_schema.KEY_COLUMN_USAGE k
    ON k.TABLE_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME AND k.COLUMN_NAME = c.COLUMN_NAME
   AND k.CONSTRAINT_NAME = 'PRIMARY'
 WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = %s ORDER BY c.ORDINAL_POSITION
"""
_MARIADB_MODE: Final = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"


class Database(Protocol):
    """One database, in a scratch server or live."""

    @property
    def engine(self) -> str:
        """As in the manifest."""

    def shape(self, name: list[str]) -> TableShape:
        """The table's columns; `RestoreRefused` when there is none, or it has no primary key."""

    def rows(self, statement: str, keys: int) -> Iterator[KeyedRow]:
        """What `statements.select_all` asks for, as it comes: the first `keys` columns are what it is sorted by."""

    def change(self, statements: Iterable[str]) -> int:
        """Run all in one transaction, each changing one row; `RestoreRefused` when one does not. Number of rows."""


@dataclass(frozen=True)
class PostgresqlDatabase:
    """A database of a PostgreSQL server."""

    login: Login
    database: str
    engine: str = "postgresql"

    def shape(self, name: list[str]) -> TableShape:
        """The table's columns."""
        wanted = ".".join(map(postgresql_session.quoted, name))
        with _told(postgresql_session.driver_errors()), self._connected() as connection:
            question = _POSTGRESQL_COLUMNS.format(name=postgresql_session.literal(wanted))
            return _checked(name, connection.run(question))

    def rows(self, statement: str, keys: int) -> Iterator[KeyedRow]:
        """All rows in the order of the statement."""
        with _told(postgresql_session.driver_errors()), self._connected() as connection:
            yield from _keyed(postgresql_session.stream_rows(connection, statement), keys)

    def change(self, statements: Iterable[str]) -> int:
        """Change rows in one transaction."""
        with _told(postgresql_session.driver_errors()), self._connected() as connection:
            connection.run("BEGIN")
            connection.run(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
            count = 0
            for statement in statements:
                connection.run(statement)
                count += _one(connection.row_count, statement)
            connection.run("COMMIT")  # whatever fails before ends the connection, and with it the transaction
        return count

    def _connected(self) -> contextlib.AbstractContextManager[Any]:
        return postgresql_session.connected(self.login, self.database)


@dataclass(frozen=True)
class MariadbDatabase:
    """A database of a MariaDB server."""

    login: Login
    database: str
    engine: str = "mariadb"

    def shape(self, name: list[str]) -> TableShape:
        """The table's columns."""
        with _told(mariadb_session.driver_errors()), self._connected() as connection, connection.cursor() as cursor:
            cursor.execute(_MARIADB_COLUMNS, (name[-1],))
            return _checked(name, cursor.fetchall())

    def rows(self, statement: str, keys: int) -> Iterator[KeyedRow]:
        """All rows in the order of the statement."""
        with _told(mariadb_session.driver_errors()), self._connected() as connection:
            yield from _keyed(mariadb_session.stream_rows(connection, statement), keys)

    def change(self, statements: Iterable[str]) -> int:
        """Change rows in one transaction."""
        with _told(mariadb_session.driver_errors()), self._connected() as connection, connection.cursor() as cursor:
            self._refuse_without_transactions(connection)
            cursor.execute(f"SET SESSION sql_mode = '{_MARIADB_MODE}', innodb_lock_wait_timeout = {LOCK_WAIT_S}")
            cursor.execute("START TRANSACTION")
            count = sum(_one(cursor.execute(statement), statement) for statement in statements)
            cursor.execute("COMMIT")  # as for PostgreSQL
        return count

    def _refuse_without_transactions(self, connection: Any) -> None:
        for name, engine in mariadb_session.ask(connection, mariadb_session.TABLES):
            if engine not in mariadb_session.CONSISTENT:
                raise RestoreRefused(
                    sentence(
                        "the database has tables without transactions ({table} is kept by {engine}):"
                        " a correction that fails half way could not be taken back",
                        table=name,
                        engine=engine,
                    )
                )

    def _connected(self) -> contextlib.AbstractContextManager[Any]:
        return mariadb_session.connected(self.login, self.database)


@dataclass(frozen=True)
class SqliteDatabase:
    """A SQLite file."""

    path: Path
    engine: str = "sqlite"

    def shape(self, name: list[str]) -> TableShape:
        """The table's columns."""
        with _told((sqlite3.Error,)), contextlib.closing(open_reading(self.path)) as connection:
            found = connection.execute(f"PRAGMA table_xinfo({sqlite_quoted(name[-1])})").fetchall()
        return _checked(name, [(row[1], row[2], row[5], row[6] in {2, 3}) for row in found if row[6] != 1])

    def rows(self, statement: str, keys: int) -> Iterator[KeyedRow]:
        """All rows in the order of the statement."""
        with _told((sqlite3.Error,)), contextlib.closing(open_reading(self.path)) as connection:
            yield from _keyed(iter(connection.execute(statement)), keys)

    def change(self, statements: Iterable[str]) -> int:
        """Change rows in one transaction."""
        place = f"{self.path.absolute().as_uri()}?mode=rw"
        with (
            _told((sqlite3.Error,)),
            contextlib.closing(sqlite3.connect(place, uri=True, timeout=BUSY_S, isolation_level=None)) as connection,
        ):
            connection.execute("PRAGMA foreign_keys = 1")
            connection.execute("BEGIN IMMEDIATE")
            count = sum(_one(connection.execute(statement).rowcount, statement) for statement in statements)
            connection.execute("COMMIT")  # as for PostgreSQL
        return count


def _checked(name: list[str], columns: Iterable[Any]) -> TableShape:
    found = [Column(name=str(n), type=str(t), key=int(k), is_generated=bool(g)) for n, t, k, g in columns]
    shape = TableShape(name=name, columns=found)
    if not found:
        raise RestoreRefused(sentence("there is no table {table}", table=".".join(name)))
    if not shape.key:
        raise RestoreRefused(
            sentence("the table {table} has no primary key, so nobody knows which rows belong together",
                     table=".".join(name))
        )  # fmt: skip
    return shape


def _keyed(rows: Iterator[tuple[Any, ...]], keys: int) -> Iterator[KeyedRow]:
    for row in rows:
        yield KeyedRow(tuple(bytes(part) for part in row[:keys]), tuple(row[keys:]))


def _one(changed: int | None, statement: str) -> int:
    if changed != 1:
        raise RestoreRefused(
            sentence("the row is no longer as it was when the correction was made; nothing is changed: {statement}",
                     statement=statement[:500])
        )  # fmt: skip
    return 1


@contextlib.contextmanager
def _told(errors: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        raise RestoreRefused(sentence("the database refuses: {problem}", problem=in_words(error))) from error
