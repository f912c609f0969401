"""Point in time for PostgreSQL: a base backup of the whole cluster, and its WAL since then.

A base backup is `pg_basebackup`, taken seldom. With every run `pg_receivewal` fetches what the server has
written since the last one, and ends. Between the runs a replication slot makes the server keep its WAL. That
is the least that can be asked of a customer's server: no setting of it changes and nothing is restarted, as
an `archive_command` would need. The price is its disk while no backup runs, which `max_slot_wal_keep_size`
limits.

Base backup and WAL stay on this host until the next base backup (kept_cluster.py), and every snapshot holds
both: a run that fails loses nothing, and retention may drop any snapshot but this one. When the slot has lost
WAL, the cluster is another one, or it was promoted, a new base backup is taken in the same run, and a warning
in the manifest says from when on no moment comes back.

A run ends with a transaction of ours: one that commits after `until` is how recovery knows that it was reached.

The user needs the right REPLICATION. Rows are not counted: there is no moment at which to count them that
recovery could be told. Tablespaces outside of the cluster are refused, and PostgreSQL before 15, whose
`pg_receivewal` does not begin where the slot stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from remediation.backup.manifest import DatabaseFacts, Moments
from remediation.backup.model import Step, Tell
from remediation.backup.programs import Program, Programs
from remediation.backup.sources import postgresql_session as session
from remediation.backup.sources.kept_cluster import Kept, KeptCluster
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql import TIMEOUT_S
from remediation.backup.sources.postgresql_wal import missing_segments, position_of
from remediation.backup.sources.whole import run_whole, source_failed, whole_or_nothing
from wire.sentence import sentence

BASE: Final = "base.tar"
BASE_WAL: Final = "pg_wal.tar"
ENGINE: Final = "postgresql-cluster"
SLOT: Final = "sitewarden"
OLDEST_MAJOR: Final = 15
GROWTH: Final = 1.1  # a base backup with its WAL, beside the size of its databases
_SIZE: Final = "SELECT sum(pg_database_size(oid))::bigint FROM pg_database"
_SPACES: Final = "SELECT count(*) FROM pg_tablespace WHERE spcname NOT LIKE 'pg\\_%'"
_IDENTITY: Final = (
    "SELECT (SELECT system_identifier::text FROM pg_control_system()),"
    " pg_walfile_name(pg_current_wal_insert_lsn()), current_setting('server_version'),"
    f" (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'), ({_SIZE}), ({_SPACES}),"
    " (SELECT rolname FROM pg_roles WHERE oid = 10)"
)


@dataclass(frozen=True)
class _Server:
    """The cluster as it is now."""

    system: str
    timeline: int
    version: str
    segment_bytes: int
    size_bytes: int
    boss: str  # its first superuser, whom nobody can drop


class ClusterSource:
    """One cluster. `kept`: a folder for base backup and WAL; `now`: the clock of this host, for the base's age."""

    def __init__(  # what the policy says of one cluster
        self,
        name: str,
        login: Login,
        programs: Programs,
        kept: Path,
        now: Callable[[], datetime],
        *,
        base_every: timedelta,
        database: str = "postgres",
    ) -> None:
        self.name = name
        self._login = login
        self._programs = programs
        self._kept = KeptCluster(kept)
        self._now = now
        self._base_every = base_every
        self._database = database

    def save(self, into: Path, tell: Tell) -> DatabaseFacts:
        """Base backup and WAL, up to now, in the empty folder `into`."""
        with (
            whole_or_nothing(self.name, into, session.driver_errors()),
            session.connected(self._login, self._database) as connection,
        ):
            server = self._looked_at(connection)
            tell(Step(self.name))  # the stage gets links only
            kept, warnings = self._base(connection, server)
            until = self._fetch(connection, server, kept)
            hashes = self._kept.link(kept, into)
        return DatabaseFacts(
            name=self.name,
            engine=ENGINE,
            version=server.version,
            files=sorted(hashes),
            hashes=hashes,
            size_bytes=server.size_bytes,
            warnings=warnings,
            moments=Moments(since=kept.since, until=until, user=server.boss, database=self._database),
        )

    def _looked_at(self, connection: Any) -> _Server:
        system, segment, version, segment_bytes, size, spaces, boss = connection.run(_IDENTITY)[0]
        if session.major_of(version) < OLDEST_MAJOR:
            words = sentence("point in time needs PostgreSQL {oldest} or newer", oldest=OLDEST_MAJOR)
            raise source_failed(self.name, words)
        if spaces:
            raise source_failed(self.name, sentence("it has tablespaces outside of the cluster"))
        return _Server(system, int(segment[:8], 16), version, int(segment_bytes), int(size), boss)

    def _base(self, connection: Any, server: _Server) -> tuple[Kept, list[str]]:
        """The base backup that is kept, or a new one; and what is worth a warning."""
        is_lost = _demand_slot(connection)
        kept = self._kept.newest()
        if kept is None:
            return self._new_base(connection, server), []
        if is_lost or (kept.system, kept.timeline) != (server.system, server.timeline):
            new = self._new_base(connection, server)
            return new, [f"WAL was lost, or the cluster is another one: no moment before {new.since} comes back"]
        is_old = not timedelta() <= self._now() - kept.since < self._base_every
        return (self._new_base(connection, server) if is_old else kept), []

    def _new_base(self, connection: Any, server: _Server) -> Kept:
        needed, free = int(server.size_bytes * GROWTH), self._kept.free_bytes()
        if free < needed:
            words = sentence("a base backup needs {needed} bytes, and {free} are free", needed=needed, free=free)
            raise source_failed(self.name, words)
        name = self._now().strftime("%Y%m%dT%H%M%S%f")
        folder = self._kept.begin(name)
        self._run("pg_basebackup", server.version, "-D", str(folder), "--format=tar", "--wal-method=stream",
                  "--checkpoint=fast")  # fmt: skip
        ranges = msgspec.json.decode((folder / "backup_manifest").read_bytes())["WAL-Ranges"]
        kept = Kept(
            folder=name,
            system=server.system,
            timeline=server.timeline,
            since=_moment(connection),
            end=max(position_of(each["End-LSN"]) for each in ranges),
            hashes=self._kept.hashes_of_base(name),
        )
        self._kept.complete(kept)
        return kept

    def _fetch(self, connection: Any, server: _Server, kept: Kept) -> datetime:
        """All WAL up to now; the moment that recovery can reach with it."""
        until = _moment(connection)
        connection.run("SELECT pg_logical_emit_message(true, 'sitewarden', 'backup')")  # commits later than `until`
        end = _end_of_wal(connection)
        folder = self._kept.wal(kept)
        self._run("pg_receivewal", server.version, "-D", str(folder), f"--slot={SLOT}", f"--endpos={end}",
                  "--no-loop")  # fmt: skip
        present = {path.name for path in folder.iterdir()}
        gaps = missing_segments(present, kept.timeline, kept.end, position_of(end), server.segment_bytes)
        if gaps:
            self._kept.drop()
            words = sentence("WAL is missing from {segment} on; the next run takes a new base backup", segment=gaps[0])
            raise source_failed(self.name, words)
        return until

    def _run(self, name: str, version: str, *rest: str) -> None:
        found = session.find_program(self._programs, name, session.major_of(version), newer=False)
        argv = (found, *session.arguments(self._login), *rest)
        run_whole(self._programs, Program(argv, TIMEOUT_S, session.environment(self._login)))


def _moment(connection: Any) -> datetime:
    """The server's clock, which its WAL is stamped with."""
    found: datetime = connection.run("SELECT clock_timestamp()")[0][0]
    return found.astimezone(UTC)


def _demand_slot(connection: Any) -> bool:
    """The slot, made when there is none; True when it has lost something and was made anew."""
    found = connection.run(f"SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{SLOT}'")
    is_lost = bool(found) and found[0][0] in {"lost", "unreserved"}
    if is_lost:
        connection.run(f"SELECT pg_drop_replication_slot('{SLOT}')")
    if is_lost or not found:
        connection.run(f"SELECT pg_create_physical_replication_slot('{SLOT}', true)")
    return is_lost


def _end_of_wal(connection: Any) -> str:
    """A position that is passed for certain: something is written after it, and the segment is closed if it may be."""
    end = str(connection.run("SELECT pg_current_wal_insert_lsn()")[0][0])
    connection.run("SELECT pg_logical_emit_message(false, 'sitewarden', 'backup')")
    may = "SELECT has_function_privilege('pg_switch_wal()', 'EXECUTE')"
    if connection.run(may)[0][0]:
        connection.run("SELECT pg_switch_wal()")
    return end
