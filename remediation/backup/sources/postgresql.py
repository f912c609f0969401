"""Saving one PostgreSQL database: `pg_dump -Fc` with the counts of the same snapshot.

1. One connection opens a transaction that only reads, exports its snapshot and counts every table. Its
   locks stay until the dump is done, so that no TRUNCATE can come between the count and the dump.
2. `pg_dump --snapshot` of that snapshot. Uncompressed: the engine that stores it compresses, and finds the
   parts that have not changed since yesterday, which compression would hide. The stage needs the room.
3. Roles (`roles.sql`) and everything else of the cluster that is no database (`globals.sql`).
4. Exit codes are checked, and that the archive's table of contents names the content of every table.

A cluster whose user is no superuser gives no password hashes: the manifest warns of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.model import Step, Tell
from remediation.backup.programs import Program, Programs
from remediation.backup.sources import postgresql_session as session
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql_shape import FILE as SHAPE_FILE
from remediation.backup.sources.postgresql_shape import QUESTION as SHAPE_QUESTION
from remediation.backup.sources.whole import hash_files, run_whole, source_failed, whole_or_nothing

DUMP: Final = "content.dump"
ROLES: Final = "roles.sql"
GLOBALS: Final = "globals.sql"
TIMEOUT_S: Final = 6 * 3_600.0
LOCK_WAIT_MS: Final = 60_000  # for somebody who changes a table just now


class PostgresqlSource:
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
            version = str(connection.run("SHOW server_version")[0][0])
            connection.run("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            snapshot = str(connection.run("SELECT pg_export_snapshot()")[0][0])
            tables = session.count_rows(connection)
            size = int(connection.run("SELECT pg_database_size(current_database())")[0][0])
            tell(Step(self.name, total_bytes=size))
            (into / SHAPE_FILE).write_text(str(connection.run(SHAPE_QUESTION)[0][0]))
            major = session.major_of(version)
            self._dump(into, snapshot, major)
            warnings = self._globals(into, major, connection)
            self._check_contents(into, major, len(tables))
            extensions = _column(connection, "SELECT extname || ' ' || extversion FROM pg_extension ORDER BY 1")
            warnings += _warnings(connection)
            hashes = hash_files(into)
            tell(Step(self.name, done_bytes=size, total_bytes=size))
        return DatabaseFacts(
            name=self.name, engine="postgresql", version=version, files=sorted(hashes), hashes=hashes,
            size_bytes=size, tables=tables, extensions=extensions, warnings=warnings,
        )  # fmt: skip

    def _dump(self, into: Path, snapshot: str, major: int) -> None:
        options = ["--format=custom", "--compress=0", "--no-sync", f"--lock-wait-timeout={LOCK_WAIT_MS}"]
        target = [f"--snapshot={snapshot}", f"--file={into / DUMP}", f"--dbname={connection_text(self._database)}"]
        run_whole(self._programs, self._program("pg_dump", major, [*options, *target]))

    def _globals(self, into: Path, major: int, connection: Any) -> list[str]:
        """Roles, and all that is the cluster's; without password hashes where this user may not read them."""
        is_superuser = bool(connection.run("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")[0][0])
        bare = [] if is_superuser else ["--no-role-passwords"]
        for file, what in ((ROLES, "--roles-only"), (GLOBALS, "--globals-only")):
            run_whole(
                self._programs, self._program("pg_dumpall", major, [what, "--no-sync", *bare, f"--file={into / file}"])
            )
        return [] if is_superuser else ["roles are saved without passwords: the user is no superuser"]

    def _check_contents(self, into: Path, major: int, tables: int) -> None:
        program = session.find_program(self._programs, "pg_restore", major, newer=True)
        ran = run_whole(self._programs, Program((program, "--list", str(into / DUMP)), self._timeout_s))
        held = sum(b" TABLE DATA " in line for line in ran.output.splitlines())
        if held < tables:
            raise source_failed(self.name, f"the dump holds {held} tables of {tables}")

    def _program(self, name: str, major: int, rest: list[str]) -> Program:
        found = session.find_program(self._programs, name, major, newer=True)
        argv = (found, *session.arguments(self._login), *rest)
        return Program(argv, self._timeout_s, session.environment(self._login))


def connection_text(database: str) -> str:
    r"""The database as a connection text, because a bare name with `=` in it would be read as one.

    >>> print(connection_text("a 'b'"))
    dbname='a \'b\''
    """
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{escaped}'"


def _column(connection: Any, statement: str) -> list[str]:
    return [str(value) for (value,) in connection.run(statement)]


def _warnings(connection: Any) -> list[str]:
    """What is in the database and not in a dump."""
    foreign = _column(
        connection,
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'f' ORDER BY 1",
    )
    return [f"the rows of the foreign table {name} are elsewhere and not saved" for name in foreign]
