"""What a restore wrote is on stable storage before anybody is told that it is done, or the disk's failure is.

One `syncfs` a file system: it flushes files, folders and names alike, and tells (Linux 5.8 and newer) when
anything of it could not be written. One `fsync` a file and folder would say the same, many times slower.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from remediation.backup.errors import RestoreBroken
from wire.sentence import sentence


def flush_file_systems(folders: Iterable[Path]) -> None:
    """Flush the file system of each folder, each once. `OSError` when something could not be written."""
    flushed: set[int] = set()
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            device = os.fstat(handle).st_dev
            if device not in flushed:
                _syncfs(handle)
                flushed.add(device)
        finally:
            os.close(handle)


def _syncfs(handle: int) -> None:
    if ctypes.CDLL(None, use_errno=True).syncfs(handle):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@contextmanager
def disk_told(where: Path) -> Iterator[None]:
    """A disk that fails while a snapshot is written to it, as a `RestoreBroken` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise RestoreBroken(
                sentence("{path} is full, so the restore broke off; free space there, then begin anew", path=where)
            ) from error
        raise RestoreBroken(
            sentence(
                "{path} cannot be written ({problem}), so the restore broke off; look at the disk",
                path=where,
                problem=error.strerror or str(error),
            )
        ) from error
