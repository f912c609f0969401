"""New files as both layouts write them: beside the old ones, flushed, with mode and owner, and read again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from remediation.patch.errors import StepFailed
from remediation.patch.manifest import FileChange
from remediation.patch.tree import file_digest
from wire.sentence import sentence

NEW_FOLDER = 0o755


def write_new(target: Path, pieces: Iterable[bytes], change: FileChange, owner: tuple[int, int]) -> None:
    """Write one file that is not there yet; on the disk when this returns."""
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(out, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fchown(out, *owner)
        os.fchmod(out, change.mode)
        os.fsync(out)


def check_written(target: Path, change: FileChange) -> None:
    """Read it again from the disk's side; `StepFailed` when it is not what was signed."""
    if file_digest(target) != change.new:
        raise StepFailed(sentence("{path} was not written as it was signed", path=change.path))


def changes_of(files: Iterable[FileChange]) -> Mapping[str, FileChange]:
    """The files that get new content, by path."""
    return {change.path: change for change in files if change.new}


def owner_of(old: Path, above: Path) -> tuple[int, int]:
    """Owner and group for a new file: those of the file that it replaces, else of the folder above."""
    try:
        status = old.lstat()
    except FileNotFoundError:
        status = above.stat()
    return status.st_uid, status.st_gid


@contextmanager
def failing_as_step() -> Iterator[None]:
    """A full disk or an I/O error is a step that failed, with the system's words."""
    try:
        yield
    except OSError as error:
        words = sentence("{path}: {problem}", path=error.filename or "", problem=error.strerror or str(error))
        raise StepFailed(words) from error
