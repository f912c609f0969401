"""A MariaDB of the same series for one dump: own folder, own socket, no network, nothing of the live one.

Events do not fire, files cannot be read or written by statements, nothing is made durable. The client
that loads the dump knows no commands of its own, so that a dump cannot start a program. Accounts are not
loaded. Statements of others run as an account that may read this one database.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from remediation.backup.errors import RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.programs import Program
from remediation.backup.scratch.bench import Bench, checked, refuse_damaged, unusable
from remediation.backup.scratch.folder import scratch_folder
from remediation.backup.sources import mariadb_session as session
from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb import DUMP, SHAPE, MariadbShape
from remediation.backup.sources.whole import in_words
from wire.sentence import sentence

READER: Final = "sitewarden_reader"
END_S: Final = 10.0
_VERSION_S: Final = 20.0
_SETTINGS: Final = (
    "--skip-networking", "--event-scheduler=OFF", "--skip-log-bin", "--local-infile=0", "--innodb-doublewrite=0",
    "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=256M", "--innodb-log-file-size=256M",
    "--performance-schema=OFF", "--max-allowed-packet=1G", "--character-set-server=utf8mb4",
    "--innodb-flush-method=nosync",
)  # fmt: skip


class LoadedMariadb:
    """A database in a scratch server."""

    def __init__(self, name: str, login: Login, database: str, bench: Bench) -> None:
        self.name = name
        self.login = login
        self.database = database
        self._bench = bench

    def counts(self) -> dict[str, int]:
        """Rows of each table."""
        with session.connected(self.login, self.database) as connection:
            return session.count_rows(connection)

    def query(self, statement: str) -> Iterator[tuple[object, ...]]:
        """Rows of one reading statement, asked by the account that may only read."""
        reader = Login(user=READER, socket=self.login.socket)
        with translated(self.name), session.connected(reader, self.database) as connection:
            yield from session.stream_rows(connection, statement)

    def integrity(self) -> list[str]:
        """What `mariadb-check` finds in any table."""
        found = session.find_program(self._bench.programs, "mariadb-check", "mysqlcheck")
        argv = (found, *session.arguments(self.login), "--check", "--silent", "--", self.database)
        ran = self._bench.programs.run(Program(argv, self._bench.load_s))
        told = [line for line in ran.output.decode(errors="replace").splitlines() if line.strip()]
        return told if ran.is_success else told or [str(ran)]


@contextlib.contextmanager
def loaded(bench: Bench, facts: DatabaseFacts, dump: Path, into: Path) -> Iterator[LoadedMariadb]:
    """Start a server below `into` and load the dump, for the length of a block."""
    _refuse_other_version(bench, facts.version)
    refuse_damaged(facts, dump)
    try:
        shape = msgspec.json.decode((dump / SHAPE).read_bytes(), type=MariadbShape)
    except msgspec.DecodeError as error:
        raise unusable(facts.name, error) from error
    with scratch_folder(into, bench.account) as folder, _empty_server(bench, facts.name, folder) as login:
        found = LoadedMariadb(facts.name, login, shape.database, bench)
        with translated(facts.name):
            make_database(login, shape, shape.database)
            load_into(bench, facts.name, login, shape.database, dump / DUMP)
            _add_reader(login, shape.database)
        yield found


def make_database(login: Login, shape: MariadbShape, name: str) -> None:
    """An empty database of this shape."""
    with session.connected(login, None) as connection:
        words = f"CHARACTER SET {session.quoted(shape.charset)} COLLATE {session.quoted(shape.collation)}"
        session.ask(connection, f"CREATE DATABASE {session.quoted(name)} {words}")


def load_into(bench: Bench, name: str, login: Login, database: str, dump: Path) -> None:
    """Run the statements of a dump."""
    client = session.find_program(bench.programs, "mariadb", "mysql")
    options = ("--binary-mode", "--batch", "--max-allowed-packet=1G", "--default-character-set=utf8mb4")
    argv = (client, *session.arguments(login), *options, f"--database={database}")
    bench.run(name, argv, session.environment(login), feed=dump)


def _refuse_other_version(bench: Bench, version: str) -> None:
    server = bench.programs.find("mariadbd")
    told = bench.programs.run(Program((server, "--no-defaults", "--version"), _VERSION_S)).output if server else b""
    here = told.decode(errors="replace").partition("Ver ")[2]
    if "MariaDB" not in version or session.series_of(here) != session.series_of(version):
        raise RestoreRefused(
            sentence(
                "the dump is of {version}, and this host has {here}; install a server of that version",
                version=version,
                here=here.split(" ")[0] or "no MariaDB",
            )
        )


@contextlib.contextmanager
def _empty_server(bench: Bench, name: str, folder: Path) -> Iterator[Login]:
    install = session.find_program(bench.programs, "mariadb-install-db", "mysql_install_db")
    argv = (install, "--no-defaults", f"--datadir={folder}/cluster", "--auth-root-authentication-method=normal",
            "--skip-test-db", "--skip-name-resolve", "--force")  # fmt: skip
    checked(name, install, bench.programs.run(bench.as_server(argv, folder)))
    server = session.find_program(bench.programs, "mariadbd", "mysqld")
    place = (f"--datadir={folder}/cluster", f"--socket={folder}/s", f"--pid-file={folder}/pid",
             f"--secure-file-priv={folder}", f"--tmpdir={folder}")  # fmt: skip
    log = folder / "server.log"
    login = Login(user="root", socket=f"{folder}/s")
    program = bench.as_server((server, "--no-defaults", *place, *_SETTINGS), folder)
    with bench.programs.running(program, log) as running:
        try:
            bench.wait_until_up(name, running, lambda: _answers(login), log)
            yield login
        finally:
            running.end(signal.SIGKILL, END_S)  # nothing of it is kept


def _answers(login: Login) -> bool:
    try:
        with session.connected(login, None):
            return True
    except session.driver_errors():
        return False


def _add_reader(login: Login, database: str) -> None:
    with session.connected(login, None) as connection:
        session.ask(connection, f"CREATE USER {READER}@localhost")
        pattern = database.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
        session.ask(
            connection, f"GRANT SELECT, SHOW VIEW, EXECUTE ON {session.quoted(pattern)}.* TO {READER}@localhost"
        )


@contextlib.contextmanager
def translated(name: str) -> Iterator[None]:
    """What the driver raises becomes `DumpUnusable`."""
    try:
        yield
    except session.driver_errors() as error:
        raise unusable(name, in_words(error)) from error
