"""Opening a log so that nothing but a regular file is ever read, and nothing blocks.

A log's directory often belongs to the application's user, who could put a symbolic link or a FIFO in
the log's place: links in the last component are refused, and what is no regular file is not opened.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from agent.logs.cursor import HEAD_BYTES, Seen
from wire.sentence import Sentence, sentence

_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

_KINDS: Final = {
    stat.S_IFDIR: sentence("it is a directory"),
    stat.S_IFIFO: sentence("it is a FIFO"),
    stat.S_IFSOCK: sentence("it is a socket"),
    stat.S_IFCHR: sentence("it is a device"),
    stat.S_IFBLK: sentence("it is a device"),
    stat.S_IFLNK: sentence("it is a symbolic link, and those are not followed"),
}


class NotReadable(Exception):
    """The file cannot be read; `why` says the reason without the path."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def open_log(path: str, *, follow_links: bool = False) -> int:
    """A descriptor of the regular file at `path`; raises `NotReadable`, or `FileNotFoundError`."""
    status = checked_status(path, follow_links=follow_links)
    try:
        descriptor = os.open(path, _FLAGS if follow_links else _FLAGS | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise NotReadable(_reason(error)) from error
    opened = os.fstat(descriptor)
    if not stat.S_ISREG(opened.st_mode) or (opened.st_dev, opened.st_ino) != (status.st_dev, status.st_ino):
        os.close(descriptor)  # exchanged between the two looks; the next turn looks again
        raise FileNotFoundError(path)
    return descriptor


def open_seen(path: str) -> tuple[int, Seen]:
    """A descriptor and what stands in it; raises as `open_log` does."""
    descriptor = open_log(path)
    try:
        return descriptor, look(descriptor)
    except OSError as error:
        os.close(descriptor)
        raise NotReadable(_reason(error)) from error


def look(descriptor: int) -> Seen:
    """Identity, size and first bytes of an open file."""
    status = os.fstat(descriptor)
    return Seen(status.st_dev, status.st_ino, status.st_size, os.pread(descriptor, HEAD_BYTES, 0))


def checked_status(path: str, *, follow_links: bool = False) -> os.stat_result:
    """The status of the regular file at `path`; raises as `open_log` does."""
    try:
        status = Path(path).stat(follow_symlinks=follow_links)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise NotReadable(_reason(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise NotReadable(_KINDS.get(stat.S_IFMT(status.st_mode), sentence("it is not a regular file")))
    return status


def _reason(error: OSError | ValueError) -> Sentence:
    if isinstance(error, PermissionError):
        return sentence("this user has no permission to read it")
    return sentence("{reason}", reason=getattr(error, "strerror", None) or str(error))
