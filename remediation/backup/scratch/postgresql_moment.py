"""A cluster as it was at one moment: a base backup, and the WAL up to then.

In a scratch server for a drill, or as a data folder that somebody starts. Nobody is let in before the moment
is reached. The configuration of the live cluster is not used: it may archive, listen, or load things that are
not for a copy. A moment is reached when something that was committed later is met; when the WAL ends before
that, the server does not come up and the error carries its words.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from remediation.backup.errors import RestoreRefused
from remediation.backup.manifest import DatabaseFacts, Moments
from remediation.backup.scratch.bench import Bench, checked, refuse_damaged
from remediation.backup.scratch.folder import scratch_folder
from remediation.backup.scratch.postgresql import (
    QUICK,
    READER,
    add_reader,
    refuse_other_version,
    running_server,
    translated,
)
from remediation.backup.sources import postgresql_session as session
from remediation.backup.sources.kept_cluster import WAL
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql_cluster import BASE, BASE_WAL
from remediation.backup.sources.postgresql_wal import PARTIAL, SEGMENT
from wire.sentence import sentence

_CONFIGURATION: Final = ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf", "standby.signal")
_SETTINGS: Final = {**QUICK, "hot_standby": "off", "max_prepared_transactions": "1000"}


class LoadedCluster:
    """A cluster that was recovered up to the end of what its snapshot holds."""

    def __init__(self, name: str, login: Login, bench: Bench, major: int, moments: Moments) -> None:
        self.name = name
        self._login = login
        self._bench = bench
        self._major = major
        self._moments = moments

    def counts(self) -> dict[str, int]:
        """None: no moment is known at which rows were counted."""
        return {}

    def query(self, statement: str) -> Iterator[tuple[object, ...]]:
        """Rows of one reading statement in the policy's database, asked by an account that may only read."""
        database = self._moments.database
        reader = Login(user=READER, socket=self._login.socket)
        with translated(self.name), session.connected(reader, database) as connection:
            connection.run("RESET search_path")
            yield from session.stream_rows(connection, statement.rstrip().removesuffix(";"))

    def integrity(self) -> list[str]:
        """Every page of every database is read by `pg_amcheck`, where amcheck can be installed."""
        with session.connected(self._login, self._moments.database) as connection:
            known = connection.run("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'")
        if not known:
            return []
        program = session.find_program(self._bench.programs, "pg_amcheck", self._major, newer=False)
        argv = (program, *session.arguments(self._login), "--all", "--install-missing", f"--jobs={self._bench.jobs}")
        ran = self._bench.programs.run(self._bench.as_server(argv, Path("/")))
        told = ran.output.decode(errors="replace").splitlines()
        return [] if ran.is_success else [line for line in told if line.strip()] or [str(ran)]


@contextlib.contextmanager
def loaded(bench: Bench, facts: DatabaseFacts, dump: Path, into: Path) -> Iterator[LoadedCluster]:
    """The cluster at the last moment that its snapshot claims to reach; `DumpUnusable` when it does not."""
    moments, major = moments_of(facts), session.major_of(facts.version)
    with recovered(bench, facts, dump, moments.until, into) as login:
        with translated(facts.name):
            add_reader(login, moments.database, major)
        yield LoadedCluster(facts.name, login, bench, major, moments)


@contextlib.contextmanager
def recovered(bench: Bench, facts: DatabaseFacts, dump: Path, moment: datetime | None, into: Path) -> Iterator[Login]:
    """The cluster at `moment` (None: at the end of its WAL), for the length of a block, below `into`."""
    major, user = session.major_of(facts.version), moments_of(facts).user
    refuse_other_version(bench, major)
    refuse_damaged(facts, dump)
    with scratch_folder(into, bench.account) as folder:
        _unpack(bench, facts.name, dump / BASE, folder / "cluster")
        _unpack(bench, facts.name, dump / BASE_WAL, folder / "cluster/pg_wal")
        _collect(dump / WAL, folder / "wal")
        (folder / "aside").mkdir()
        for name in _CONFIGURATION:
            if (folder / "cluster" / name).exists():
                (folder / "cluster" / name).rename(folder / "aside" / name)
        _configure(folder, moment)
        settings = {**_SETTINGS, "config_file": f"{folder}/settings", "hba_file": f"{folder}/who"}
        patient = dataclasses.replace(bench, start_s=bench.load_s)
        with running_server(patient, facts.name, major, folder, settings, user) as login:
            yield login


def recover_into(bench: Bench, facts: DatabaseFacts, dump: Path, moment: datetime, work: Path, into: Path) -> None:
    """The cluster at `moment` as the data folder `into` (empty or absent), shut down in order. `work`: as above.

    Its configuration lies in it as it was, but for what ALTER SYSTEM had set, in `postgresql.auto.conf.then`.
    """
    if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        raise RestoreRefused(sentence("{path} is not an empty folder; nothing was written", path=into))
    moments = moments_of(facts)
    if not moments.since <= moment <= moments.until:
        raise RestoreRefused(
            sentence("this snapshot comes back from {since} to {until}", since=moments.since, until=moments.until)
        )
    with recovered(bench, facts, dump, moment, work):
        control = session.find_program(bench.programs, "pg_ctl", session.major_of(facts.version), newer=False)
        argv = (control, "-D", f"{work}/cluster", "-m", "fast", "-w", "-t", str(int(bench.load_s)), "stop")
        checked(facts.name, control, bench.programs.run(bench.as_server(argv, work)))
        for path in (work / "aside").iterdir():
            if path.name != "standby.signal":
                is_set = path.name == "postgresql.auto.conf"
                path.rename(work / "cluster" / (f"{path.name}.then" if is_set else path.name))
        if into.exists():
            into.rmdir()
        shutil.move(work / "cluster", into)


def moments_of(facts: DatabaseFacts) -> Moments:
    """Which moments this dump can come back to; `RestoreRefused` for one that has none."""
    if facts.moments is None:
        raise RestoreRefused(sentence("{name} was not saved for a point in time", name=facts.name))
    return facts.moments


def _unpack(bench: Bench, name: str, archive: Path, into: Path) -> None:
    """As the account of the server, so that what comes out of the archive belongs to it."""
    if not into.exists():
        checked(name, "mkdir", bench.programs.run(bench.as_server(("mkdir", "-m", "700", str(into)), into.parent)))
    with archive.open("rb") as file:
        program = bench.as_server(("tar", "-x", "-f", "-", "-C", str(into)), into.parent)
        checked(name, "tar", bench.programs.run(program, feed=file))


def _collect(folder: Path, into: Path) -> None:
    """All segments where the server may read them; a whole one beats the beginning of the same one."""
    into.mkdir()
    into.chmod(0o755)
    for path in sorted(folder.iterdir()):
        whole = path.name.removesuffix(PARTIAL)
        if SEGMENT.fullmatch(path.name) and not (path.name != whole and (folder / whole).exists()):
            shutil.copyfile(path, into / whole)
            (into / whole).chmod(0o644)


def _configure(folder: Path, moment: datetime | None) -> None:
    source = str(folder / "wal").replace("%", "%%")
    copying = session.literal(f'cp "{source}/%f" "%p"')
    lines = [f"restore_command = {copying}", "recovery_target_action = 'promote'"]
    if moment is not None:
        lines.append(f"recovery_target_time = '{moment.astimezone(UTC).isoformat()}'")
    (folder / "settings").write_text("\n".join(lines) + "\n")
    (folder / "who").write_text("local all all trust\n")
    for name in ("settings", "who", "cluster/recovery.signal"):
        path = folder / name
        path.touch()
        path.chmod(0o644)
