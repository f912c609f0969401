"""MariaDB: a statement that changes a table itself commits at once, whatever is open, and cannot be rolled back.

So a step there has an intent (a mark before it) and a completion (a mark after it). An intent without a completion
means that nobody knows what was done; the way back is then the saved database, never a guess.

Putting back empties the database by dropping and making it anew (rights on it are kept by name), and loads the
dump. That is not one step: the note beside the saved copy (`replaying`) makes the next try do all of it again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from remediation.backup.programs import Program, Programs
from remediation.backup.rescue.tables import MariadbDatabase
from remediation.backup.sources import mariadb_session as session_of
from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb import DUMP, SHAPE, MariadbShape, MariadbSource
from remediation.backup.sources.whole import in_words
from remediation.patch.databases.port import LOCK_WAIT_S, Session
from remediation.patch.errors import StepFailed
from wire.sentence import sentence

LOAD_S: Final = 6 * 3_600.0
FLUSHED_BY: Final = "sitewarden_flush"
UNDO_MODE: Final = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"


class MariadbSession:
    """One connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def begin(self, timeout_s: float) -> None:
        """Begin a transaction; only for statements that change rows."""
        self.run(f"SET SESSION max_statement_time = {timeout_s:.3f}")
        self.run("START TRANSACTION")
        # An implicit commit would take this away, and `commit` sees it.
        self.run("SAVEPOINT sitewarden_whole")

    def commit(self) -> None:
        """End it."""
        try:
            self.run("RELEASE SAVEPOINT sitewarden_whole")
        except StepFailed as error:
            raise StepFailed(sentence("a statement of the patch ended the transaction")) from error
        self.run("COMMIT")

    def roll_back(self) -> None:
        """Undo it; a connection that is gone has undone it already."""
        with contextlib.suppress(StepFailed):
            self.run("ROLLBACK")

    def run(self, statement: str, timeout_s: float | None = None) -> int:
        """One statement; several in one text are a fault."""
        with _told(), self._connection.cursor() as cursor:
            if timeout_s is not None:
                cursor.execute(f"SET SESSION max_statement_time = {timeout_s:.3f}")
            return int(cursor.execute(statement))

    def ask(self, statement: str) -> Sequence[tuple[Any, ...]]:
        """All rows."""
        with _told():
            return session_of.ask(self._connection, statement)


class Mariadb:
    """One database of a server."""

    kind = "mariadb"
    is_transactional = False
    marks = "sitewarden_patch"

    def __init__(self, database: str, login: Login, programs: Programs) -> None:
        self._database = database
        self._login = login
        self._programs = programs

    @contextlib.contextmanager
    def opened(self) -> Iterator[Session]:
        """A connection."""
        with _told(), session_of.connected(self._login, self._database) as connection:
            session = MariadbSession(connection)
            session.run(f"SET SESSION lock_wait_timeout = {LOCK_WAIT_S}, innodb_lock_wait_timeout = {LOCK_WAIT_S}")
            yield session

    def rows(self) -> MariadbDatabase:
        """For shapes."""
        return MariadbDatabase(self._login, self._database)

    def source(self, name: str) -> MariadbSource:
        """For saving."""
        return MariadbSource(name, self._database, self._login, self._programs)

    def size_bytes(self, session: Session) -> int:
        """How large it is now."""
        sizes = "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES"
        return int(session.ask(f"{sizes} WHERE TABLE_SCHEMA = DATABASE()")[0][0])

    def has_marks(self, session: Session) -> bool:
        """Whether the table is there."""
        return bool(
            session.ask(
                "SELECT 1 FROM information_schema.TABLES"
                " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'sitewarden_patch'"
            )
        )

    def refuse_untransacted(self, session: Session) -> None:
        """Tables whose engine knows no transaction keep a part of what failed."""
        for name, engine in session.ask(session_of.TABLES):
            if engine not in session_of.CONSISTENT:
                raise StepFailed(
                    sentence("the table {table} is kept by {engine}, which knows no transactions",
                             table=name, engine=engine)
                )  # fmt: skip

    def prepare_undo(self, session: Session) -> None:
        """Every value that a table holds may be written back, whatever the server's own mode forbids."""
        session.run(f"SET SESSION sql_mode = '{UNDO_MODE}'")

    def settle(self, session: Session) -> None:
        """A server that is set to flush later is made to flush now: the journal counts on what was done.

        FLUSH ENGINE LOGS does nothing in such a server; making a table writes the log to the disk, and with it all
        that stands before it.
        """
        if session.ask("SELECT @@innodb_flush_log_at_trx_commit")[0][0] != 1:
            session.run(f"DROP TABLE IF EXISTS {FLUSHED_BY}")
            session.run(f"CREATE TABLE {FLUSHED_BY} (id INT) ENGINE=InnoDB")
            session.run(f"DROP TABLE {FLUSHED_BY}")

    def put_back(self, dump: Path) -> None:
        """Empty it and load the dump."""
        shape = msgspec.json.decode((dump / SHAPE).read_bytes(), type=MariadbShape)
        name = session_of.quoted(self._database)
        with _told(), session_of.connected(self._login, None) as connection:
            session_of.ask(connection, f"SET SESSION lock_wait_timeout = {LOCK_WAIT_S}")
            session_of.ask(connection, f"DROP DATABASE IF EXISTS {name}")
            words = f"CHARACTER SET {session_of.quoted(shape.charset)} COLLATE {session_of.quoted(shape.collation)}"
            session_of.ask(connection, f"CREATE DATABASE {name} {words}")
        client = session_of.find_program(self._programs, "mariadb", "mysql")
        options = ("--binary-mode", "--batch", "--max-allowed-packet=1G", "--default-character-set=utf8mb4")
        argv = (client, *session_of.arguments(self._login), *options, f"--database={self._database}")
        with (dump / DUMP).open("rb") as file:
            ran = self._programs.run(Program(argv, LOAD_S, session_of.environment(self._login)), feed=file)
        if not ran.is_success:
            raise StepFailed(sentence("the saved database cannot be loaded: {problem}", problem=str(ran)))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except session_of.driver_errors() as error:
        raise StepFailed(sentence("MariaDB refuses: {problem}", problem=in_words(error))) from error
