"""Files that survive a power cut, for what trust rests on: written beside, flushed, renamed, the folder flushed too."""

from __future__ import annotations

import os
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def write_durably(path: Path, content: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Replace `path` by `content`: after a crash it holds the old bytes or the new, never a part."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)  # left over from a crash; its mode is not to be trusted
    write_once(fresh, content, mode=mode)
    fresh.replace(path)
    flush_folder(path.parent)


def write_once(path: Path, content: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Write a file that must not exist yet (`FileExistsError`), flushed to the disk."""
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    with os.fdopen(target, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def flush_folder(folder: Path) -> None:
    """Make renames and new names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
