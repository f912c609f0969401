"""Where a rotated log went: the regular files beside it, and which names rotation gives.

Names are a hint only, used for files that were never seen; what was seen once is found by its inode.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container
from pathlib import Path
from typing import Final, NamedTuple

from agent.logs.opened import ENDINGS

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


def list_siblings(directory: Path, wanted: Callable[[os.DirEntry[str]], bool]) -> list[Sibling]:
    """The `wanted` regular files in `directory`, no links followed; empty when it cannot be read.

    Others are not even asked for their status: a folder may hold 100,000 files.
    """
    found: list[Sibling] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                sibling = _sibling(entry) if wanted(entry) else None
                if sibling:
                    found.append(sibling)
    except OSError:
        return found
    return found


def find_inodes(directory: Path, inodes: Container[int]) -> dict[int, Sibling]:
    """The files in `directory` that have one of these inodes."""
    return {file.inode: file for file in list_siblings(directory, lambda entry: entry.inode() in inodes)}


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


def is_packed_rotation_of(path: str, log: str) -> bool:
    """Whether `path` has a name that rotation gives to `log` once it is compressed."""
    packed = Path(path)
    return packed.suffix in ENDINGS and is_rotation_of(str(packed.with_suffix("")), log)


def list_rotations(log: str) -> list[Sibling]:
    """The files beside `log` that rotation may have made of it, compressed ones too, the oldest first."""

    def wanted(entry: os.DirEntry[str]) -> bool:
        return is_rotation_of(entry.path, log) or is_packed_rotation_of(entry.path, log)

    return sorted(list_siblings(Path(log).parent, wanted), key=lambda file: file.mtime_ns)
