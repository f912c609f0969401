"""The folder where dumps wait for being saved, and the manifest beside them. Empty before and after a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from remediation.backup.errors import TargetUnavailable
from remediation.backup.manifest import Manifest, encode_manifest
from remediation.backup.model import Snapshot
from remediation.durable import PRIVATE_FOLDER, write_durably
from wire.sentence import sentence

FOLDER_NAME: Final = "sitewarden-stage"  # in every snapshot: where its dumps and its manifest are found
MANIFEST_NAME: Final = "manifest.json"
DATABASES: Final = "databases"
GROWTH: Final = 1.2  # a dump may have grown so much since the last one


class Stage:
    """One stage."""

    def __init__(self, state: Path) -> None:
        self.folder = state / FOLDER_NAME

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Empty at first, whatever an earlier run left; gone at the end."""
        self._clear()
        self.folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
        try:
            yield
        finally:
            self._clear()

    def _clear(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def demand_room(self, expected_bytes: int, spare_bytes: int) -> None:
        """`TargetUnavailable` unless the dumps fit and `spare_bytes` stay free for everybody else."""
        needed = int(expected_bytes * GROWTH) + spare_bytes
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            words = sentence(
                "the dumps need {needed} bytes beside {path}, and {free} are free; set `state` to a larger disk",
                needed=needed,
                path=self.folder,
                free=free,
            )
            raise TargetUnavailable(words)

    def database(self, name: str) -> Path:
        """An empty folder for one dump."""
        found = self.folder / DATABASES / name
        found.mkdir(mode=PRIVATE_FOLDER, parents=True)
        return found

    def write_manifest(self, manifest: Manifest) -> None:
        """Lay the manifest beside the dumps."""
        write_durably(self.folder / MANIFEST_NAME, encode_manifest(manifest))

    def size_bytes(self) -> int:
        """How much was written here; what is only linked takes no room."""
        found = (path.stat() for path in self.folder.rglob("*") if path.is_file())
        return sum(status.st_size for status in found if status.st_nlink == 1)


def stage_of(snapshot: Snapshot) -> str:
    """Where the stage stood when this snapshot was made; `.` where the snapshot does not say."""
    named = [root for root in snapshot.roots if root.rstrip("/").rpartition("/")[2] == FOLDER_NAME]
    return named[0] if named else snapshot.labels.get("stage", "")
