"""A PostgreSQL of the same major version for one dump: own folder, own socket, no network, nothing of the live one.

`fsync` and its companions are off: this data is thrown away, and after a crash it is made anew. Roles
are loaded first, because owners and rights name them; tablespaces, publications and subscriptions are
left out, because they would reach out of the folder. Statements of others run as an account that may
read everything and do nothing, not as the superuser, who could start programs.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from remediation.backup.errors import BackupError, RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.scratch.bench import Bench, checked, refuse_damaged, unusable
from remediation.backup.scratch.folder import scratch_folder
from remediation.backup.sources import postgresql_session as session
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql import DUMP, ROLES
from remediation.backup.sources.postgresql_shape import FILE as SHAPE_FILE
from remediation.backup.sources.postgresql_shape import creation, decode_shape
from remediation.backup.sources.whole import in_words
from wire.sentence import sentence

BOSS: Final = "sitewarden_scratch"
READER: Final = "sitewarden_reader"
NAME: Final = "restored"
READ_ALL_MAJOR: Final = 14  # the first with pg_read_all_data
END_S: Final = 10.0
QUICK: Final[dict[str, str]] = {
    "listen_addresses": "", "unix_socket_permissions": "0700", "port": "5432", "fsync": "off",
    "full_page_writes": "off", "synchronous_commit": "off", "wal_level": "minimal", "max_wal_senders": "0",
    "archive_mode": "off", "autovacuum": "off", "max_wal_size": "8GB", "checkpoint_timeout": "1d",
    "shared_buffers": "128MB", "maintenance_work_mem": "256MB", "max_connections": "20",
    "max_locks_per_transaction": "1024", "logging_collector": "off", "log_min_messages": "error",
}  # fmt: skip


class LoadedPostgresql:
    """A database in a scratch server."""

    def __init__(self, name: str, login: Login, bench: Bench, major: int) -> None:
        self.name = name
        self.login = login
        self.database = NAME
        self._bench = bench
        self._major = major

    def counts(self) -> dict[str, int]:
        """Rows of each table."""
        with session.connected(self.login, self.database) as connection:
            return session.count_rows(connection)

    def query(self, statement: str) -> Iterator[tuple[object, ...]]:
        """Rows of one reading statement, asked by the account that may only read."""
        reader = Login(user=READER, socket=self.login.socket)
        with translated(self.name), session.connected(reader, self.database) as connection:
            connection.run("RESET search_path")
            yield from session.stream_rows(connection, statement.rstrip().removesuffix(";"))

    def integrity(self) -> list[str]:
        """Every page, index and row is read: amcheck where it can be installed, and a whole dump to nowhere."""
        return [*self._checked_pages(), *self._read_rows()]

    def _checked_pages(self) -> list[str]:
        with session.connected(self.login, self.database) as connection:
            known = connection.run("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'")
        if not known or self._major < READ_ALL_MAJOR:
            return []
        program = session.find_program(self._bench.programs, "pg_amcheck", self._major, newer=False)
        argv = (program, *session.arguments(self.login), "--install-missing", f"--jobs={self._bench.jobs}", NAME)
        ran = self._bench.programs.run(self._bench.as_server(argv, Path("/")))
        told = ran.output.decode(errors="replace").splitlines()
        return [] if ran.is_success else [line for line in told if line.strip()] or [str(ran)]

    def _read_rows(self) -> list[str]:
        program = session.find_program(self._bench.programs, "pg_dump", self._major, newer=True)
        argv = (
            program,
            *session.arguments(self.login),
            "--format=custom",
            "--compress=0",
            "--no-sync",
            "--file=/dev/null",
            NAME,
        )
        ran = self._bench.programs.run(self._bench.as_server(argv, Path("/")))
        return [] if ran.is_success else [str(ran)]


@contextlib.contextmanager
def loaded(bench: Bench, facts: DatabaseFacts, dump: Path, into: Path) -> Iterator[LoadedPostgresql]:
    """Start a server below `into` and load the dump, for the length of a block."""
    major = session.major_of(facts.version)
    refuse_other_version(bench, major)
    refuse_damaged(facts, dump)
    with scratch_folder(into, bench.account) as folder, empty_server(bench, facts.name, major, folder) as login:
        found = LoadedPostgresql(facts.name, login, bench, major)
        with translated(facts.name):
            _load(found, bench, major, dump)
            add_reader(login, NAME, major)
        yield found


def refuse_other_version(bench: Bench, major: int) -> None:
    """`RestoreRefused` when this host has no server of that major version."""
    try:
        session.find_program(bench.programs, "postgres", major, newer=False)
    except BackupError as error:
        raise RestoreRefused(
            sentence(
                "the dump is of PostgreSQL {major}, and this host has no server of that version; install it",
                major=major,
            )
        ) from error


@contextlib.contextmanager
def empty_server(bench: Bench, name: str, major: int, folder: Path) -> Iterator[Login]:
    """A new cluster in `folder` and its server."""
    program = session.find_program(bench.programs, "initdb", major, newer=False)
    argv = (program, "-D", f"{folder}/cluster", "-U", BOSS, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
    checked(name, program, bench.programs.run(bench.as_server(argv, folder)))
    with running_server(bench, name, major, folder, QUICK) as login:
        yield login


@contextlib.contextmanager
def running_server(
    bench: Bench, name: str, major: int, folder: Path, settings: dict[str, str], user: str = BOSS
) -> Iterator[Login]:
    """The server of `folder/cluster`, reached only through a socket in `folder`."""
    argv = [session.find_program(bench.programs, "postgres", major, newer=False), "-D", f"{folder}/cluster"]
    for key, value in {**settings, "unix_socket_directories": str(folder)}.items():
        argv += ["-c", f"{key}={value}"]
    log = folder / "server.log"
    login = Login(user=user, socket=str(folder))
    with bench.programs.running(bench.as_server(tuple(argv), folder), log) as server:
        try:
            bench.wait_until_up(name, server, lambda: _answers(login), log)
            yield login
        finally:
            server.end(signal.SIGQUIT, END_S)  # at once; a kill would leave its shared memory behind


def _answers(login: Login) -> bool:
    try:
        with session.connected(login, "template1"):
            return True
    except session.driver_errors():
        return False


def _load(found: LoadedPostgresql, bench: Bench, major: int, dump: Path) -> None:
    reach = session.arguments(found.login)
    psql = session.find_program(bench.programs, "psql", major, newer=True)
    roles = (psql, *reach, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "template1", "-f", str(dump / ROLES))
    bench.run(found.name, roles)
    with session.connected(found.login, "template1") as connection:
        connection.run(creation(decode_shape((dump / SHAPE_FILE).read_bytes()), NAME))
    restore = session.find_program(bench.programs, "pg_restore", major, newer=True)
    options = ["--exit-on-error", "--no-tablespaces", "--no-publications", "--no-subscriptions", "-d", NAME]
    bench.run(found.name, (restore, *reach, f"--jobs={bench.jobs}", *options, os.fspath(dump / DUMP)))


def add_reader(login: Login, database: str, major: int) -> None:
    """The account that may read everything in `database`."""
    with session.connected(login, database) as connection:
        connection.run(f"CREATE ROLE {READER} LOGIN BYPASSRLS")
        connection.run(f"GRANT CONNECT ON DATABASE {session.quoted(database)} TO {READER}")
        if major >= READ_ALL_MAJOR:
            connection.run(f"GRANT pg_read_all_data TO {READER}")
            return
        for (schema,) in connection.run("SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_'"):
            connection.run(f"GRANT USAGE ON SCHEMA {schema} TO {READER}")
            connection.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}")


@contextlib.contextmanager
def translated(name: str) -> Iterator[None]:
    """What the driver raises becomes `DumpUnusable`."""
    try:
        yield
    except session.driver_errors() as error:
        raise unusable(name, in_words(error)) from error
