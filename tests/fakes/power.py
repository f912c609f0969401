"""A disk that can lose its power: a file with a file system of its own, mounted, and copies of it as it is.

What the file system still holds in memory is not in a copy, as it would not be on a disk. The times after which a
file system writes by itself are set so high that nothing reaches the disk unless somebody flushes it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

IMAGE_BYTES = 24 << 20
# Nothing is written by itself for ten minutes, and a renamed file is not flushed as a favour.
OPTIONS = "loop,commit=600,noauto_da_alloc"


class Disk:
    """`folder/mounted` while it has power."""

    def __init__(self, folder: Path) -> None:
        self.image = folder / "image"
        self.place = folder / "mounted"
        self.place.mkdir()

    def formatted(self) -> Disk:
        with self.image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True, capture_output=True)
        return self

    @contextlib.contextmanager
    def powered(self) -> Iterator[Path]:
        """Mounted; what is left in memory is written at the end, as at a clean shutdown."""
        subprocess.run(["mount", "-o", OPTIONS, str(self.image), str(self.place)], check=True, capture_output=True)
        try:
            yield self.place
        finally:
            subprocess.run(["umount", str(self.place)], check=True, capture_output=True)

    def copied(self, to: Path) -> None:
        """What is on the disk right now."""
        words = ["cp", "--sparse=always", "--reflink=never", str(self.image), str(to)]
        subprocess.run(words, check=True, capture_output=True)

    def cut_off(self, copy: Path) -> None:
        """The disk is as it was when `copy` was made."""
        shutil.copyfile(copy, self.image)


def needs_disks(folder: Path) -> None:
    """Skip where nobody may mount."""
    if os.geteuid() != 0:
        pytest.skip("cutting the power of a disk needs root")
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("cutting the power of a disk needs mkfs.ext4 (Debian: e2fsprogs)")
    try:
        with Disk(folder).formatted().powered():
            pass
    except subprocess.CalledProcessError as error:
        pytest.skip(f"nobody may mount here: {error.stderr.decode(errors='replace').strip()}")
