"""A file that only takes up room, so that the agent can still speak when the disk is full.

When something else fills the disk, logs wait where they are. But the heartbeat, and the very fault
"the disk is full", must get out, or the site looks dead. The reserve is given back to the file
system for that, and taken again when there is room.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from agent.durable import PRIVATE_FILE

LARGEST_BYTES: Final = 8_000_000
SHARE: Final = 16  # of the spool's limit
FREE_TIMES: Final = 2  # taken only where so many times its size is free


def reserve_bytes(max_bytes: int) -> int:
    """The size for a spool of so many bytes.

    >>> reserve_bytes(512_000_000), reserve_bytes(2_000_000)
    (8000000, 125000)
    """
    return min(LARGEST_BYTES, max_bytes // SHARE)


class Reserve:
    """The file at `path`. `is_held` is false only after a release: a small disk does without from the start."""

    def __init__(self, path: Path, *, size_bytes: int) -> None:
        self._path = path
        self._size_bytes = size_bytes
        self.is_held = True

    def hold(self) -> None:
        """Take the room, if there is plenty; otherwise leave things as they are."""
        try:
            if self._path.exists() and self._path.stat().st_size == self._size_bytes:
                self.is_held = True
                return
            if shutil.disk_usage(self._path.parent).free < FREE_TIMES * self._size_bytes:
                return
            self._take()
            self.is_held = True
        except OSError:
            self._path.unlink(missing_ok=True)

    def release(self) -> bool:
        """Give the room back; whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        self.is_held = False
        return True

    def _take(self) -> None:
        self._path.unlink(missing_ok=True)
        target = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            os.posix_fallocate(target, 0, self._size_bytes)
        finally:
            os.close(target)
