"""A cluster as it was at one moment, in a scratch server: a base backup, and the WAL up to then.

Nobody is let in before the moment is reached. The configuration of the live cluster is not used: it may
archive, listen, or load things that are not for a copy. A moment is reached when something that was committed
later is met; when the WAL ends before that, the server does not come up and the error carries its words.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.scratch.bench import Bench, checked, refuse_damaged
from remediation.backup.scratch.folder import scratch_folder
from remediation.backup.scratch.postgresql import QUICK, refuse_other_version, running_server
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql_cluster import BASE, BASE_WAL, SEGMENT
from remediation.backup.sources.postgresql_session import literal, major_of

_CONFIGURATION: Final = ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf", "standby.signal")


@contextlib.contextmanager
def recovered(
    bench: Bench, facts: DatabaseFacts, base: Path, wal: Sequence[Path], moment: datetime | None, into: Path, user: str
) -> Iterator[Login]:
    """The cluster at `moment` (None: at the end of its WAL), for the length of a block.

    `wal`: folders of `WalSince`, oldest first. `user`: a superuser of the cluster, as whom one logs in.
    """
    major = major_of(facts.version)
    refuse_other_version(bench, major)
    refuse_damaged(facts, base)
    with scratch_folder(into, bench.account) as folder:
        _unpack(bench, facts.name, base / BASE, folder / "cluster")
        _unpack(bench, facts.name, base / BASE_WAL, folder / "cluster/pg_wal")
        _collect(wal, folder / "wal")
        for name in _CONFIGURATION:
            (folder / "cluster" / name).unlink(missing_ok=True)
        _configure(folder, moment)
        settings = {**QUICK, "hot_standby": "off", "config_file": f"{folder}/settings", "hba_file": f"{folder}/who"}
        patient = dataclasses.replace(bench, start_s=bench.load_s)
        with running_server(patient, facts.name, major, folder, settings, user) as login:
            yield login


def _unpack(bench: Bench, name: str, archive: Path, into: Path) -> None:
    """As the account of the server, so that what comes out of the archive belongs to it."""
    if not into.exists():
        checked(name, "mkdir", bench.programs.run(bench.as_server(("mkdir", "-m", "700", str(into)), into.parent)))
    with archive.open("rb") as file:
        program = bench.as_server(("tar", "-x", "-f", "-", "-C", str(into)), into.parent)
        checked(name, "tar", bench.programs.run(program, feed=file))


def _collect(folders: Sequence[Path], into: Path) -> None:
    """All segments in one folder; a whole one beats the beginning of the same one."""
    into.mkdir()
    into.chmod(0o755)
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if SEGMENT.fullmatch(path.name):
                shutil.copyfile(path, into / path.name)
    for path in sorted(into.iterdir()):
        if path.suffix == ".partial":
            whole = path.with_suffix("")
            if whole.exists():
                path.unlink()
            else:
                path.rename(whole)
    for path in into.iterdir():
        path.chmod(0o644)


def _configure(folder: Path, moment: datetime | None) -> None:
    source = str(folder / "wal").replace("%", "%%")
    copying = literal(f'cp "{source}/%f" "%p"')
    lines = [f"restore_command = {copying}", "recovery_target_action = 'promote'"]
    if moment is not None:
        lines.append(f"recovery_target_time = '{moment.astimezone(UTC).isoformat()}'")
    (folder / "settings").write_text("\n".join(lines) + "\n")
    (folder / "who").write_text("local all all trust\n")
    for name in ("settings", "who", "cluster/recovery.signal"):
        path = folder / name
        path.touch()
        path.chmod(0o644)
