"""Whether a fresh backup is there: the age and size of the newest file that matches a path."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from glob import iglob
from itertools import islice
from pathlib import Path
from stat import S_ISDIR

from agent.health.probe import Reading
from agent.health.thresholds import Bounds
from agent.settings.probes import BackupCheck

FILES = 10_000  # looked at; a folder with more needs a narrower path


class Backups:
    """One reading: the age of the newest backup, in hours."""

    def __init__(self, settings: BackupCheck) -> None:
        self.name = f"backup {settings.name}"
        self.interval_s = settings.interval_s
        self._settings = settings
        hours = settings.max_age_s / 3_600
        self._bounds = Bounds(hours, hours)

    def read(self, now: datetime) -> Iterator[Reading]:
        """A file that is smaller than it must be is no backup."""
        newest, path = 0.0, ""
        for name in islice(iglob(self._settings.path), FILES):  # noqa: PTH207  # an absolute pattern
            try:
                found = Path(name).stat()
            except OSError:
                continue  # gone between listing and looking
            is_whole = S_ISDIR(found.st_mode) or found.st_size >= self._settings.min_bytes
            if is_whole and found.st_mtime > newest:
                newest, path = found.st_mtime, name
        hours = (now.timestamp() - newest) / 3_600
        text = f"the newest backup is {path}, {hours:.1f} h old" if path else f"nothing matches {self._settings.path}"
        yield Reading("HOST-BAK-0001", self._settings.name, hours, "h", self._bounds, text)
