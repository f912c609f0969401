"""Where a rotated log went: the regular files beside it, and which names rotation gives.

Names are a hint only, used for files that were never seen; what was seen once is found by its inode.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

# app.log.1, app.log-20261124, app.log.2026-11-24_10, app.log.old; app.1.log, app-2026-11-24.log
_NUMBER: Final = r"[.\-_]\d[\dT._:\-]*"
_OLD: Final = r"\.old|\.bak|~"


class Sibling(NamedTuple):
    """A regular file in a log's directory."""

    path: str
    device: int
    inode: int
    size: int
    mtime_ns: int

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.device, self.inode


def list_siblings(directory: Path) -> list[Sibling]:
    """The regular files in `directory`, no links followed; empty when it cannot be read."""
    found: list[Sibling] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                sibling = _sibling(entry)
                if sibling:
                    found.append(sibling)
    except OSError:
        return found
    return found


def _sibling(entry: os.DirEntry[str]) -> Sibling | None:
    try:
        if not entry.is_file(follow_symlinks=False):
            return None
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None  # gone since it was listed
    return Sibling(entry.path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def is_rotation_of(path: str, log: str) -> bool:
    """Whether `path` has a name that rotation gives to `log`; compressed files are not meant.

    >>> [is_rotation_of(name, "app.log") for name in ("app.log.1", "app-20261124.log", "app.log.1.gz", "app.log.pos")]
    [True, True, False, False]
    """
    name, base = Path(path).name, Path(log).name
    stem, dot, extension = base.rpartition(".")
    if name.startswith(base) and re.fullmatch(f"{_NUMBER}|{_OLD}", name[len(base) :]):
        return True
    tail = dot + extension
    return bool(
        stem
        and name.startswith(stem)
        and name.endswith(tail)
        and re.fullmatch(_NUMBER, name[len(stem) : len(name) - len(tail)])
    )


def list_rotations(log: str) -> list[Sibling]:
    """The files beside `log` that rotation may have made of it, the oldest first."""
    files = [file for file in list_siblings(Path(log).parent) if is_rotation_of(file.path, log)]
    return sorted(files, key=lambda file: file.mtime_ns)
