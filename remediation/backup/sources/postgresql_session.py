"""Talking to PostgreSQL: a connection, the rows of every table, names that may hold anything."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from remediation.backup.errors import SourceFailed
from remediation.backup.programs import Programs
from remediation.backup.sources.login import Login, line_to
from wire.sentence import sentence

if TYPE_CHECKING:
    from pg8000.native import Connection

PORT: Final = 5_432
FETCH_ROWS: Final = 100
FOLDERS: Final = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin")
NEWEST: Final = 30  # majors that are looked for
_SETTINGS: Final = (
    "statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "search_path = ''", "timezone = 'UTC'",
    "datestyle = 'ISO'", "intervalstyle = 'iso_8601'", "extra_float_digits = 1", "bytea_output = 'hex'",
)  # fmt: skip
# Tables that hold rows of their own: partitions, not their parents; nothing that an extension brings.
TABLES: Final = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                               AND d.deptype = 'e')
 ORDER BY 1
"""


def driver_errors() -> tuple[type[Exception], ...]:
    """What the driver raises; a killed server shows as any of these."""
    import struct  # noqa: PLC0415

    from pg8000.exceptions import Error  # noqa: PLC0415  # loaded on hosts that have a PostgreSQL

    return (OSError, Error, struct.error)


@contextlib.contextmanager
def connected(login: Login, database: str) -> Iterator[Connection]:
    """A connection in which every text has one form: UTF-8, ISO dates in UTC, every digit of a number."""
    from pg8000.native import Connection  # noqa: PLC0415  # the same

    port = login.port or PORT
    place = f"{login.socket}/.s.PGSQL.{port}" if login.socket else (login.host, port)
    with line_to(place) as line:
        connection = Connection(
            login.user or "postgres",
            password=login.password or None,
            database=database,
            sock=line,
            application_name="sitewarden-backup",
        )
        try:
            for setting in _SETTINGS:
                connection.run(f"SET {setting}")
            yield connection
        finally:
            with contextlib.suppress(*driver_errors()):
                connection.close()


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows of each table, in the connection's snapshot."""
    tables = [str(name) for (name,) in connection.run(TABLES)]
    return {name: int(connection.run(f"SELECT count(*) FROM ONLY {name}")[0][0]) for name in tables}


def stream_rows(connection: Connection, statement: str) -> Iterator[tuple[Any, ...]]:
    """Rows of one reading statement, a hundred in memory at a time. In a transaction that only reads."""
    connection.run("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        connection.run(f"DECLARE rows_of_one NO SCROLL CURSOR FOR {statement}")
        while rows := connection.run(f"FETCH {FETCH_ROWS} FROM rows_of_one"):
            yield from map(tuple, rows)
    finally:
        with contextlib.suppress(*driver_errors()):
            connection.run("ROLLBACK")


def major_of(version: str) -> int:
    """The major version in "15.18 (Debian ...)".

    >>> major_of("15.18 (Debian 15.18-0+deb12u1)"), major_of("17devel")
    (15, 17)
    """
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def quoted(name: str) -> str:
    '''A name as it stands in a statement.

    >>> print(quoted('Ärzte "A"'))
    "Ärzte ""A"""
    '''
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    r"""A text as it stands in a statement, whatever `standard_conforming_strings` says.

    >>> print(literal("it's"), literal("a\\b"), literal(None))
    'it''s' E'a\\b' NULL
    """
    if text is None:
        return "NULL"
    doubled = text.replace("'", "''")
    return f"'{doubled}'" if "\\" not in text else "E'" + doubled.replace("\\", "\\\\") + "'"


def find_program(programs: Programs, name: str, major: int, *, newer: bool, folders: tuple[str, ...] = FOLDERS) -> str:
    """The program of that major version (or a newer one, for dumping); `SourceFailed` says what to install."""
    for wanted in range(major, NEWEST if newer else major + 1):
        for folder in folders:
            if found := programs.find(f"{folder.format(major=wanted)}/{name}"):
                return found
    raise SourceFailed(
        sentence("there is no {program} of PostgreSQL {major} on this host; install it", program=name, major=major)
    )


def arguments(login: Login) -> list[str]:
    """How PostgreSQL's own programs reach the server."""
    place = login.socket or login.host
    return ["-h", place, "-p", str(login.port or PORT), "-U", login.user or "postgres", "--no-password"]


def environment(login: Login) -> dict[str, str]:
    """The password, where only this account and root can read it."""
    return {"PGPASSWORD": login.password} if login.password else {}
