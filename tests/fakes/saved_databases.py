"""A place for dumps and scratch servers, and saving and loading as a backup run and a drill do it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.model import Step
from remediation.backup.programs import Programs
from remediation.backup.scratch.bench import Bench
from remediation.backup.scratch.servers import ScratchServers
from remediation.backup.sources.port import LoadedDump, Source

PROGRAMS = Programs(time.monotonic)
BENCH = Bench(PROGRAMS, time.monotonic, account="nobody" if os.geteuid() == 0 else "")
SCRATCH = ScratchServers(BENCH)


def tell(step: Step) -> None:
    pass


@contextmanager
def room() -> Iterator[Path]:
    """A folder with a short path that the account of the scratch servers may enter."""
    folder = Path(tempfile.mkdtemp(prefix="sw-room-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def save(source: Source, folder: Path) -> tuple[DatabaseFacts, Path]:
    dump = folder / source.name
    dump.mkdir()
    return source.save(dump, tell), dump


@contextmanager
def saved_and_loaded(source: Source, folder: Path) -> Iterator[tuple[DatabaseFacts, LoadedDump]]:
    facts, dump = save(source, folder)
    with SCRATCH.load(facts, dump, folder / "scratch") as loaded:
        yield facts, loaded
    assert not (folder / "scratch").exists()
