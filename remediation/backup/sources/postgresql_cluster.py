"""Point in time for PostgreSQL: a base backup of the whole cluster, and its WAL since then.

`BaseBackup` is `pg_basebackup`, taken seldom. `WalSince` runs with every backup: `pg_receivewal` fetches what
the server has written since the last run, and ends. Between the runs a replication slot makes the server keep
its WAL. That is the least that can be asked of a customer's server: no setting of it changes and nothing is
restarted, as an `archive_command` would need. The price is its disk while no backup runs, which
`max_slot_wal_keep_size` limits; a slot that lost WAL is told as a failure, and a new base backup is due.

The user needs the right REPLICATION. Rows are not counted: there is no moment yet at which to count them.
Tablespaces outside of the cluster are refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.model import Step, Tell
from remediation.backup.programs import Program, Programs
from remediation.backup.sources import postgresql_session as session
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql import TIMEOUT_S
from remediation.backup.sources.whole import hash_files, run_whole, source_failed, whole_or_nothing
from wire.sentence import sentence

BASE: Final = "base.tar"
BASE_WAL: Final = "pg_wal.tar"
BASE_ENGINE: Final = "postgresql-base"
WAL_ENGINE: Final = "postgresql-wal"
SLOT: Final = "sitewarden"
SEGMENT: Final = re.compile(r"[0-9A-F]{24}(\.partial)?|[0-9A-F]{8}\.history")
_SIZE: Final = "SELECT sum(pg_database_size(oid))::bigint FROM pg_database"
_SPACES: Final = "SELECT count(*) FROM pg_tablespace WHERE spcname NOT LIKE 'pg\\_%'"


class _Cluster:
    def __init__(self, name: str, login: Login, programs: Programs, *, maintenance: str = "postgres") -> None:
        self.name = name
        self._login = login
        self._programs = programs
        self._maintenance = maintenance

    def _run(self, name: str, version: str, *rest: str) -> None:
        found = session.find_program(self._programs, name, session.major_of(version), newer=False)
        argv = (found, *session.arguments(self._login), *rest)
        run_whole(self._programs, Program(argv, TIMEOUT_S, session.environment(self._login)))

    def _facts(self, engine: str, version: str, size_bytes: int, into: Path) -> DatabaseFacts:
        hashes = hash_files(into)
        return DatabaseFacts(
            name=self.name,
            engine=engine,
            version=version,
            files=sorted(hashes),
            hashes=hashes,
            size_bytes=size_bytes,
        )


class BaseBackup(_Cluster):
    """The files of a whole cluster, with the WAL that makes them consistent."""

    def save(self, into: Path, tell: Tell) -> DatabaseFacts:
        """Copy them into the empty folder `into`. From here on the slot keeps what `WalSince` fetches."""
        with (
            whole_or_nothing(self.name, into, session.driver_errors()),
            session.connected(self._login, self._maintenance) as connection,
        ):
            version = str(connection.run("SHOW server_version")[0][0])
            size = int(connection.run(_SIZE)[0][0])
            tell(Step(self.name, total_bytes=size))
            if connection.run(_SPACES)[0][0]:
                raise source_failed(self.name, sentence("it has tablespaces outside of the cluster"))
            _slot(connection, self.name)
            self._run("pg_basebackup", version, "-D", str(into), "--format=tar", "--wal-method=stream",
                      "--checkpoint=fast", "--no-sync")  # fmt: skip
            return self._facts(BASE_ENGINE, version, size, into)


class WalSince(_Cluster):
    """What the cluster has written since the last run, or since the base backup."""

    def save(self, into: Path, tell: Tell) -> DatabaseFacts:
        """Fetch it into the empty folder `into`, up to now."""
        tell(Step(self.name))
        with (
            whole_or_nothing(self.name, into, session.driver_errors()),
            session.connected(self._login, self._maintenance) as connection,
        ):
            version = str(connection.run("SHOW server_version")[0][0])
            _slot(connection, self.name)
            end = _end_of_wal(connection)
            self._run("pg_receivewal", version, "-D", str(into), f"--slot={SLOT}", f"--endpos={end}", "--no-loop",
                      "--no-sync")  # fmt: skip
            if not any(SEGMENT.fullmatch(path.name) for path in into.iterdir()):
                raise source_failed(self.name, sentence("the server sent no WAL"))
            size = sum(path.stat().st_size for path in into.iterdir())
            return self._facts(WAL_ENGINE, version, size, into)


def _slot(connection: Any, name: str) -> None:
    """The slot, made when there is none; `SourceFailed` when it has lost something."""
    found = connection.run(f"SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{SLOT}'")
    if not found:
        connection.run(f"SELECT pg_create_physical_replication_slot('{SLOT}', true)")
    elif found[0][0] in {"lost", "unreserved"}:
        connection.run(f"SELECT pg_drop_replication_slot('{SLOT}')")
        raise source_failed(
            name, sentence("the server has thrown away WAL that was not fetched; take a new base backup")
        )


def _end_of_wal(connection: Any) -> str:
    """A position that is passed for certain: something is written after it, and the segment is closed if it may be."""
    end = str(connection.run("SELECT pg_current_wal_insert_lsn()")[0][0])
    connection.run("SELECT pg_logical_emit_message(false, 'sitewarden', 'backup')")
    may = "SELECT has_function_privilege('pg_switch_wal()', 'EXECUTE')"
    if connection.run(may)[0][0]:
        connection.run("SELECT pg_switch_wal()")
    return end
