"""A base backup and all WAL since it, kept on this host between the runs, so that each snapshot holds both.

One folder each: `base/` as `pg_basebackup` wrote it, `wal/` as `pg_receivewal` goes on with it, and
`kept.json`, written last: a folder without it was cut off and is removed. A snapshot gets links to these
files, so that retention may drop any other snapshot and this one still comes back.
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from remediation.backup.sources.postgresql_wal import SEGMENT
from remediation.backup.sources.whole import hash_file, hash_files
from remediation.durable import PRIVATE_FOLDER, write_durably

BASE: Final = "base"
WAL: Final = "wal"
_FACTS: Final = "kept.json"


class Kept(Struct, kw_only=True, frozen=True):
    """One base backup. `since`: the first moment that it can come back to."""

    folder: str
    system: str  # the cluster's own number
    timeline: int
    since: datetime
    end: int  # of the base backup, as a position in the WAL
    hashes: dict[str, str]


class KeptCluster:
    """What is kept of one cluster, below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def newest(self) -> Kept | None:
        """The base backup that WAL is added to; what was cut off is removed."""
        found = None
        for folder in sorted(self._root.iterdir()) if self._root.is_dir() else []:
            try:
                found = msgspec.json.decode((folder / _FACTS).read_bytes(), type=Kept)
            except (OSError, msgspec.DecodeError):
                shutil.rmtree(folder, ignore_errors=True)
        return found

    def begin(self, name: str) -> Path:
        """An empty folder for a new base backup, and beside it one for its WAL."""
        folder = self._root / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / WAL).mkdir(mode=PRIVATE_FOLDER, parents=True)
        (folder / BASE).mkdir(mode=PRIVATE_FOLDER)
        return folder / BASE

    def complete(self, kept: Kept) -> None:
        """From here on this one counts; older ones are removed."""
        write_durably(self._root / kept.folder / _FACTS, msgspec.json.encode(kept))
        for folder in self._root.iterdir():
            if folder.name != kept.folder:
                shutil.rmtree(folder, ignore_errors=True)

    def drop(self) -> None:
        """It is of no use any more: the next run begins anew."""
        shutil.rmtree(self._root, ignore_errors=True)

    def wal(self, kept: Kept) -> Path:
        """Where WAL is added."""
        return self._root / kept.folder / WAL

    def free_bytes(self) -> int:
        """Room on its disk."""
        self._root.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        return shutil.disk_usage(self._root).free

    def hashes_of_base(self, name: str) -> dict[str, str]:
        """SHA-256 of each file of a base backup."""
        return hash_files(self._root / name / BASE)

    def link(self, kept: Kept, into: Path) -> dict[str, str]:
        """Links to all of it in `into`: the base backup, and `wal/`. SHA-256 of each file, by its path there."""
        for name in kept.hashes:
            os.link(self._root / kept.folder / BASE / name, into / name)
        (into / WAL).mkdir(mode=PRIVATE_FOLDER)
        hashes = dict(kept.hashes)
        for path in sorted(self.wal(kept).iterdir()):
            if SEGMENT.fullmatch(path.name):
                os.link(path, into / WAL / path.name)
                hashes[f"{WAL}/{path.name}"] = hash_file(path)
        return hashes
