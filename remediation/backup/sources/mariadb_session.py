"""Talking to MariaDB (and MySQL): a connection, the rows of every table, names that may hold anything."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from remediation.backup.errors import SourceFailed
from remediation.backup.programs import Programs
from remediation.backup.sources.login import Login, line_to
from wire.sentence import sentence

if TYPE_CHECKING:
    from pymysql.connections import Connection
    from pymysql.cursors import Cursor

PORT: Final = 3_306
CONSISTENT: Final = frozenset({"InnoDB", "ROCKSDB"})  # engines that know a snapshot
TABLES: Final = """
SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES
 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY TABLE_NAME
"""


def driver_errors() -> tuple[type[Exception], ...]:
    """What the driver raises; a killed server shows as any of these."""
    import pymysql.err  # noqa: PLC0415  # loaded on hosts that have a MariaDB

    return (OSError, pymysql.err.MySQLError)


@contextlib.contextmanager
def connected(login: Login, database: str | None) -> Iterator[Connection]:
    """A connection in UTF-8 and UTC."""
    import pymysql  # noqa: PLC0415  # the same

    place = login.socket or (login.host, login.port or PORT)
    with line_to(place) as line:
        connection = pymysql.connect(
            user=login.user or "root",
            password=login.password,
            database=database,
            charset="utf8mb4",
            autocommit=True,
            init_command="SET SESSION time_zone = '+00:00', max_sort_length = 8388608",
            defer_connect=True,
        )
        connection.connect(line)
        try:
            yield connection
        finally:
            with contextlib.suppress(*driver_errors()):
                connection.close()


def ask(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    """All rows of a small answer. The statement stands as it is: nothing in it is replaced."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def stream_rows(connection: Connection, statement: str) -> Iterator[tuple[Any, ...]]:
    """Rows of one reading statement, as they come from the server. In a transaction that only reads."""
    from pymysql.cursors import SSCursor  # noqa: PLC0415  # the same

    ask(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    cursor: Cursor
    with connection.cursor(SSCursor) as cursor:
        cursor.execute(statement)
        while row := cursor.fetchone():
            yield tuple(row)
    ask(connection, "ROLLBACK")


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows of each table."""
    names = [str(name) for name, _ in ask(connection, TABLES)]
    return {name: int(ask(connection, f"SELECT COUNT(*) FROM {quoted(name)}")[0][0]) for name in names}


def series_of(version: str) -> str:
    """What has to be the same for a dump to be tried: the first two numbers.

    >>> series_of("10.11.19-MariaDB-0+deb12u1")
    '10.11'
    """
    return ".".join(version.split("-", maxsplit=1)[0].split(".")[:2])


def quoted(name: str) -> str:
    """A name as it stands in a statement.

    >>> print(quoted("a`b"))
    `a``b`
    """
    return "`" + name.replace("`", "``") + "`"


def find_program(programs: Programs, *names: str) -> str:
    """The first of these programs that is there; `SourceFailed` says what to install."""
    for name in names:
        if found := programs.find(name):
            return found
    raise SourceFailed(sentence("there is no program {program} on this host; install it", program=names[0]))


def arguments(login: Login) -> list[str]:
    """How MariaDB's own programs reach the server; nobody's option files are read."""
    place = (
        [f"--socket={login.socket}"]
        if login.socket
        else ["--protocol=tcp", f"--host={login.host}", f"--port={login.port or PORT}"]
    )
    return ["--no-defaults", *place, f"--user={login.user or 'root'}"]


def environment(login: Login) -> dict[str, str]:
    """The password, where only this account and root can read it."""
    return {"MYSQL_PWD": login.password} if login.password else {}
