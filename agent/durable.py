"""Files that survive a power cut: written beside, flushed, renamed, and the folder flushed too."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
LOCK_NAME = "agent.lock"  # in the state folder: one agent a folder


def make_private_folder(folder: Path) -> None:
    """Make `folder` with mode 0700; one that exists keeps its owner and loses every right of others."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(PRIVATE_FOLDER)


def write_durably(path: Path, content: bytes, *, mode: int = PRIVATE_FILE, flush: bool = True) -> None:
    """Replace `path` by `content` in one step: after a crash it holds the old bytes or the new, never a part.

    Steps: write `path.new`, fsync it, rename, fsync the folder. `flush=False` leaves both fsyncs out,
    for files that are written again soon and may be lost (not torn) in a power cut.
    """
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)  # left over from a crash; its mode is not to be trusted
    target = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(target, "wb") as out:
        out.write(content)
        out.flush()
        if flush:
            os.fsync(out.fileno())
    fresh.replace(path)
    if flush:
        flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make renames and new names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Occupied(Exception):
    """Another process holds the lock; `holder` is its process id, 0 when it could not be read."""

    def __init__(self, holder: int) -> None:
        super().__init__(f"held by process {holder}")
        self.holder = holder


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` for the length of the block; `Occupied` if another process has it.

    The kernel drops the lock with the process, so a lock never survives a crash.
    """
    with path.open("a+", encoding="ascii") as lock:
        path.chmod(PRIVATE_FILE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Occupied(_holder(path)) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
        lock.truncate(0)


def lock_holder(path: Path) -> int | None:
    """The process id of the holder of `path`, None when nobody holds it."""
    try:
        with locked(path):
            return None
    except Occupied as occupied:
        return occupied.holder


def _holder(path: Path) -> int:
    text = path.read_text(encoding="ascii", errors="replace").strip()
    return int(text) if text.isdigit() else 0
