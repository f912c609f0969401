"""Saving one MariaDB database: `mariadb-dump --single-transaction`, counted by reading the dump.

Tables of engines without transactions (MyISAM, Aria, MEMORY) are saved as they were when the dump came to
them; nothing makes them agree with the rest, so the manifest names each of them. Somebody who changes a
table while it is dumped makes the dump fail, and it is tried again with the next run.

In a database whose name is not ASCII `mariadb-dump` fails on events; they are left out, and named.

Uncompressed, as for PostgreSQL. Accounts and their rights (`users.sql`) are saved where this user may read
them. The dump is whole when the program says so by its exit code and the file by its last line.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.model import Step, Tell
from remediation.backup.programs import Program, ProgramFailed, Programs
from remediation.backup.sources import mariadb_session as session
from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb_dump import read_dump
from remediation.backup.sources.whole import hash_files, run_whole, source_failed, whole_or_nothing

if TYPE_CHECKING:
    from pymysql.connections import Connection

DUMP: Final = "content.sql"
USERS: Final = "users.sql"
SHAPE: Final = "database.json"
TIMEOUT_S: Final = 6 * 3_600.0
SIZE: Final = """
SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
"""
_DUMPERS: Final = ("mariadb-dump", "mysqldump")
_WHAT: Final = (
    "--single-transaction", "--quick", "--routines", "--events", "--triggers", "--hex-blob", "--skip-dump-date",
    "--default-character-set=utf8mb4", "--max-allowed-packet=1G", "--no-tablespaces",
)  # fmt: skip


class MariadbShape(Struct, kw_only=True, frozen=True):
    """What a database itself is like."""

    database: str
    charset: str
    collation: str


class MariadbSource:
    """One database of a server."""

    def __init__(
        self, name: str, database: str, login: Login, programs: Programs, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.name = name
        self._database = database
        self._login = login
        self._programs = programs
        self._timeout_s = timeout_s

    def save(self, into: Path, tell: Tell) -> DatabaseFacts:
        """Dump it into the empty folder `into`."""
        tell(Step(self.name))
        with (
            whole_or_nothing(self.name, into, session.driver_errors()),
            session.connected(self._login, self._database) as connection,
        ):
            version = str(session.ask(connection, "SELECT VERSION()")[0][0])
            size = int(session.ask(connection, SIZE)[0][0])
            tell(Step(self.name, total_bytes=size))
            (into / SHAPE).write_bytes(msgspec.json.encode(_shape(connection)))
            events = [] if self._database.isascii() else ["--skip-events"]  # the program fails on them otherwise
            run_whole(self._programs, self._program([*_WHAT, *events, "--", self._database]), to=into / DUMP)
            tables = self._counted(into / DUMP)
            warnings = _warnings(connection) + self._users(into)
            hashes = hash_files(into)
            tell(Step(self.name, done_bytes=size, total_bytes=size))
        return DatabaseFacts(
            name=self.name, engine="mariadb", version=version, files=sorted(hashes), hashes=hashes,
            size_bytes=size, tables=tables, warnings=warnings,
        )  # fmt: skip

    def _counted(self, dump: Path) -> dict[str, int]:
        with dump.open("rb") as file:
            tables, is_complete = read_dump(file)
        if not is_complete:
            raise source_failed(self.name, "the dump does not end with its last line")
        return tables

    def _users(self, into: Path) -> list[str]:
        try:
            run_whole(self._programs, self._program(["--system=users"]), to=into / USERS)
        except ProgramFailed as error:
            (into / USERS).unlink()
            return [f"accounts are not saved: {error}"]
        return []

    def _program(self, rest: list[str]) -> Program:
        found = session.find_program(self._programs, *_DUMPERS)
        argv = (found, *session.arguments(self._login), *rest)
        return Program(argv, self._timeout_s, session.environment(self._login))


def _shape(connection: Connection) -> MariadbShape:
    question = "SELECT DATABASE(), @@character_set_database, @@collation_database"
    database, charset, collation = map(str, session.ask(connection, question)[0])
    return MariadbShape(database=database, charset=charset, collation=collation)


def _warnings(connection: Connection) -> list[str]:
    tables = session.ask(connection, session.TABLES)
    events = session.ask(connection, "SELECT DATABASE(), EVENT_NAME FROM information_schema.EVENTS"
                                     " WHERE EVENT_SCHEMA = DATABASE()")  # fmt: skip
    return [
        *(
            f"{name} is kept by {engine}, which knows no consistent snapshot"
            for name, engine in tables
            if engine not in session.CONSISTENT
        ),
        *(
            f"the event {name} is not saved: mariadb-dump cannot, in a database whose name is not ASCII"
            for database, name in events
            if not database.isascii()
        ),
    ]
