"""Bringing a PostgreSQL database back into a live server.

It is loaded into a database of its own with the shape, the settings and the rights of the saved one, and
counted. Changing names is one transaction, and PostgreSQL refuses it while anybody is connected. Roles
are the server's: those of the dump are made only on request, for a server that has none of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from remediation.backup.errors import BackupError, RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.rescue.preview import BroughtBack, Preview, names, refuse_other_counts, refuse_without_consent
from remediation.backup.scratch.bench import Bench, refuse_damaged, unusable
from remediation.backup.sources import postgresql_session as session
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql import DUMP, ROLES, connection_text
from remediation.backup.sources.postgresql_shape import FILE as SHAPE_FILE
from remediation.backup.sources.postgresql_shape import Shape, creation, decode_shape, properties
from remediation.backup.sources.whole import in_words
from wire.sentence import sentence

NAME_BYTES: Final = 63


@dataclass(frozen=True)
class LivePostgresql:
    """A live server; `maintenance` is a database of it that is not the one to be brought back."""

    login: Login
    bench: Bench
    maintenance: str = "postgres"

    def preview(self, facts: DatabaseFacts, dump: Path, mark: str) -> Preview:
        """What would be done. Nothing is."""
        shape = _shape(facts, dump)
        beside, kept = names(shape.database, mark, NAME_BYTES)
        with self._connected(self.maintenance) as connection:
            is_there = _is_there(connection, shape.database)
            users = "SELECT count(*) FROM pg_stat_activity WHERE datname = {} AND pid <> pg_backend_pid()"
            count = int(connection.run(users.format(session.literal(shape.database)))[0][0])
        now: dict[str, int] = {}
        if is_there:
            with self._connected(shape.database) as connection:
                now = session.count_rows(connection)
        return Preview(
            database=shape.database, is_there=is_there, now=now, then=facts.tables, beside=beside, kept=kept,
            users=count,
        )  # fmt: skip

    def bring_back(
        self, facts: DatabaseFacts, dump: Path, mark: str, consent: str, *, swap: bool = False, roles: bool = False
    ) -> BroughtBack:
        """Load it beside the live one; with `swap` they change names afterwards."""
        preview = self.preview(facts, dump, mark)
        refuse_without_consent(preview, consent, swap=swap)
        refuse_damaged(facts, dump)
        shape = _shape(facts, dump)
        if roles:
            self._make_roles(facts.name, dump)
        with self._new_database(shape, preview.beside):
            self._load(facts, dump, preview.beside)
            with self._connected(preview.beside) as connection:
                tables = session.count_rows(connection)
            refuse_other_counts(facts, tables)
            with self._connected(self.maintenance) as connection:
                for statement in properties(shape, preview.beside):
                    connection.run(statement)
        if not swap:
            return BroughtBack(database=preview.beside, kept="", tables=tables)
        self._change_names(preview)
        return BroughtBack(database=preview.database, kept=preview.kept, tables=tables)

    def _change_names(self, preview: Preview) -> None:
        with self._connected(self.maintenance) as connection:
            connection.run("BEGIN")
            for old, new in ((preview.database, preview.kept), (preview.beside, preview.database)):
                connection.run(f"ALTER DATABASE {session.quoted(old)} RENAME TO {session.quoted(new)}")
            connection.run("COMMIT")

    @contextlib.contextmanager
    def _new_database(self, shape: Shape, name: str) -> Iterator[None]:
        """A database that is gone again when the block fails."""
        with self._connected(self.maintenance) as connection:
            if _is_there(connection, name):
                raise RestoreRefused(sentence("there is a database {database} already", database=name))
            connection.run(creation(shape, name))
        try:
            yield
        except (BackupError, KeyboardInterrupt):
            with self._connected(self.maintenance) as connection:
                connection.run(f"DROP DATABASE {session.quoted(name)}")
            raise

    def _load(self, facts: DatabaseFacts, dump: Path, name: str) -> None:
        options = ("--exit-on-error", f"--jobs={self.bench.jobs}", "-d", connection_text(name), str(dump / DUMP))
        self._client(facts.name, "pg_restore", options)

    def _make_roles(self, name: str, dump: Path) -> None:
        self._client(
            name, "psql", ("-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.maintenance, "-f", str(dump / ROLES))
        )

    def _client(self, name: str, program: str, rest: tuple[str, ...]) -> None:
        with self._connected(self.maintenance) as connection:
            major = session.major_of(str(connection.run("SHOW server_version")[0][0]))
        found = session.find_program(self.bench.programs, program, major, newer=True)
        self.bench.run(name, (found, *session.arguments(self.login), *rest), session.environment(self.login))

    @contextlib.contextmanager
    def _connected(self, database: str) -> Iterator[Any]:
        try:
            with session.connected(self.login, database) as connection:
                yield connection
        except session.driver_errors() as error:
            raise RestoreRefused(sentence("the database refuses: {problem}", problem=in_words(error))) from error


def _shape(facts: DatabaseFacts, dump: Path) -> Shape:
    try:
        return decode_shape((dump / SHAPE_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise unusable(facts.name, error) from error


def _is_there(connection: Any, name: str) -> bool:
    return bool(connection.run(f"SELECT 1 FROM pg_database WHERE datname = {session.literal(name)}"))
