"""One file to its place, over what is there: whole or not at all, as it was, also from another file system."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path
from typing import Final

FRESH: Final = ".sitewarden-restore"
_PIECE_BYTES: Final = 1 << 20


def move(source: Path, to: Path) -> None:
    """Rename; across file systems copy beside the place, flush, rename, remove. `to` is no folder."""
    try:
        source.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _carry(source, to)
        source.unlink()


def move_folder(source: Path, to: Path) -> bool:
    """Rename a folder to a name that is free. False: it lies on another file system, so `to` was only made."""
    try:
        source.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        to.mkdir(mode=stat.S_IMODE(source.stat().st_mode) | stat.S_IRWXU)
        return False
    return True


def put_on(source: Path, to: Path) -> None:
    """Owner, attributes, mode and times of `source`: an owner takes set-id bits and capabilities away."""
    status = source.lstat()
    now = to.lstat()
    if os.geteuid() == 0 and (now.st_uid, now.st_gid) != (status.st_uid, status.st_gid):
        os.chown(to, status.st_uid, status.st_gid, follow_symlinks=False)
    shutil.copystat(source, to, follow_symlinks=False)


def _carry(source: Path, to: Path) -> None:
    fresh = to.with_name(to.name[:200] + FRESH)
    fresh.unlink(missing_ok=True)  # of a run that broke off
    status = source.lstat()
    if stat.S_ISREG(status.st_mode):
        _copy(source, fresh)
    elif stat.S_ISLNK(status.st_mode):
        fresh.symlink_to(source.readlink())
    else:
        os.mknod(fresh, status.st_mode, status.st_rdev)
    put_on(source, fresh)
    fresh.replace(to)


def _copy(source: Path, fresh: Path) -> None:
    """The content; holes stay holes."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with source.open("rb", buffering=0) as old, os.fdopen(os.open(fresh, flags, 0o600), "wb", 0) as new:
        size = os.fstat(old.fileno()).st_size
        os.ftruncate(new.fileno(), size)
        at = 0
        while at < size:
            try:
                start = os.lseek(old.fileno(), at, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                break  # only a hole is left
            at = os.lseek(old.fileno(), start, os.SEEK_HOLE)
            _copy_extent(old.fileno(), new.fileno(), start, at)
        os.fsync(new.fileno())


def _copy_extent(old: int, new: int, start: int, end: int) -> None:
    while start < end:
        piece = os.pread(old, min(_PIECE_BYTES, end - start), start)
        if not piece:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        written = 0
        while written < len(piece):
            written += os.pwrite(new, piece[written:], start + written)
        start += len(piece)
