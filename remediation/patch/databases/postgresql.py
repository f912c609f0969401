"""PostgreSQL: every change belongs to a transaction, the table of marks included.

Statements go through the extended protocol, which takes one at a time: a text with `; COMMIT; ` in it is an error
and not the end of our transaction.

Putting back makes a new database of the same shape, loads the dump into it and exchanges the names of both in
one transaction. Until then the live one is untouched, so that it may be done again after a crash at any point.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from remediation.backup.programs import Program, ProgramFailed, Programs
from remediation.backup.rescue.tables import PostgresqlDatabase
from remediation.backup.sources import postgresql_session as session_of
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql import DUMP, PostgresqlSource
from remediation.backup.sources.postgresql_shape import FILE as SHAPE_FILE
from remediation.backup.sources.postgresql_shape import Shape, creation, decode_shape, properties
from remediation.backup.sources.whole import in_words, run_whole
from remediation.patch.databases.port import LOCK_WAIT_S, Session
from remediation.patch.errors import StepFailed
from wire.sentence import sentence

LOAD_S: Final = 6 * 3_600.0
FRESH: Final = "_sitewarden_new"
OLD: Final = "_sitewarden_old"
NAME_BYTES: Final = 48  # PostgreSQL cuts names off after 63


class PostgresqlSession:
    """One connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._transaction = ""

    def begin(self, timeout_s: float) -> None:
        """Begin a transaction, and remember which."""
        self._execute("BEGIN")
        self._execute(f"SET LOCAL statement_timeout = '{max(1, round(timeout_s * 1_000))}ms'")
        self._execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
        self._execute("SET LOCAL synchronous_commit = on")  # the journal counts on it
        self._transaction = self._number()

    def commit(self) -> None:
        """End this one and no other."""
        if self._number() != self._transaction:
            raise StepFailed(sentence("a statement of the patch ended the transaction"))
        self._execute("COMMIT")

    def roll_back(self) -> None:
        """Undo it; a connection that is gone has undone it already."""
        with contextlib.suppress(StepFailed):
            self._execute("ROLLBACK")

    def run(self, statement: str, timeout_s: float | None = None) -> int:
        """One statement."""
        if timeout_s is not None:
            self._execute(f"SET LOCAL statement_timeout = '{max(1, round(timeout_s * 1_000))}ms'")
        return int(self._execute(statement).row_count)

    def ask(self, statement: str) -> Sequence[tuple[Any, ...]]:
        """All rows."""
        return [tuple(row) for row in self._execute(statement).rows or ()]

    def _number(self) -> str:
        return str(self.ask("SELECT txid_current()::text")[0][0])

    def _execute(self, statement: str) -> Any:
        with _told():
            return self._connection.execute_unnamed(statement)


class Postgresql:
    """One database of a server."""

    kind = "postgresql"
    is_transactional = True

    def __init__(self, database: str, login: Login, programs: Programs, schema: str = "public") -> None:
        self._database = database
        self._login = login
        self._programs = programs
        self._schema = schema
        self.marks = f"{session_of.quoted(schema)}.sitewarden_patch"

    @contextlib.contextmanager
    def opened(self) -> Iterator[Session]:
        """A connection with the search path that the product has."""
        with _told(), session_of.connected(self._login, self._database) as connection:
            connection.run("RESET search_path")
            yield PostgresqlSession(connection)

    def rows(self) -> PostgresqlDatabase:
        """For shapes."""
        return PostgresqlDatabase(self._login, self._database)

    def source(self, name: str) -> PostgresqlSource:
        """For saving."""
        return PostgresqlSource(name, self._database, self._login, self._programs)

    def size_bytes(self, session: Session) -> int:
        """How large it is now."""
        return int(session.ask("SELECT pg_database_size(current_database())")[0][0])

    def has_marks(self, session: Session) -> bool:
        """Whether the table is there."""
        name = session_of.literal(self.marks)
        return session.ask(f"SELECT to_regclass({name}) IS NOT NULL")[0][0] is True

    def refuse_untransacted(self, session: Session) -> None:
        """All tables know transactions."""

    def prepare_undo(self, session: Session) -> None:
        """Values are written back as they were read."""

    def settle(self, session: Session) -> None:
        """A commit is on the disk already."""

    # ------------------------------------------------------------ putting back

    def put_back(self, dump: Path) -> None:
        """A new database beside the live one, then both names in one transaction."""
        shape = decode_shape((dump / SHAPE_FILE).read_bytes())
        fresh, old = self._beside(FRESH), self._beside(OLD)
        with self._outside() as connection:
            for left in (fresh, old):
                connection.run(f"DROP DATABASE IF EXISTS {session_of.quoted(left)} WITH (FORCE)")
            connection.run(creation(shape, fresh))
        self._load(dump, fresh)
        with self._outside() as connection:
            _exchange(connection, self._database, fresh, old, shape)
            connection.run(f"DROP DATABASE IF EXISTS {session_of.quoted(old)} WITH (FORCE)")

    def _load(self, dump: Path, name: str) -> None:
        with self._outside() as connection:
            major = session_of.major_of(str(connection.run("SHOW server_version")[0][0]))
        try:
            program = session_of.find_program(self._programs, "pg_restore", major, newer=True)
            argv = (program, *session_of.arguments(self._login), "--exit-on-error", "--single-transaction",
                    "-d", name, str(dump / DUMP))  # fmt: skip
            run_whole(self._programs, Program(argv, LOAD_S, session_of.environment(self._login)))
        except ProgramFailed as error:
            raise StepFailed(sentence("the saved database cannot be loaded: {problem}", problem=str(error))) from error

    @contextlib.contextmanager
    def _outside(self) -> Iterator[Any]:
        """A connection that does not stand in the way of a rename."""
        with _told(), session_of.connected(self._login, "template1") as connection:
            yield connection

    def _beside(self, ending: str) -> str:
        cut = self._database.encode()[:NAME_BYTES].decode(errors="ignore")
        return f"{cut}{ending}"


def _exchange(connection: Any, live: str, fresh: str, old: str, shape: Shape) -> None:
    """Nobody may be connected to a database that is renamed: who still is, is sent away."""
    quoted, literal = session_of.quoted, session_of.literal
    for statement in properties(shape, fresh):
        connection.run(statement)
    is_there = bool(connection.run(f"SELECT 1 FROM pg_database WHERE datname = {literal(live)}"))
    connection.run("BEGIN")
    connection.run(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
    if is_there:
        connection.run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {literal(live)}"
            " AND pid <> pg_backend_pid()"
        )
        connection.run(f"ALTER DATABASE {quoted(live)} RENAME TO {quoted(old)}")
    connection.run(f"ALTER DATABASE {quoted(fresh)} RENAME TO {quoted(live)}")
    connection.run("COMMIT")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except session_of.driver_errors() as error:
        raise StepFailed(sentence("PostgreSQL refuses: {problem}", problem=in_words(error))) from error
