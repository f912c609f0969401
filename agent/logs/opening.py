"""Opening a log so that nothing but a regular file is ever read, and nothing blocks.

A log's directory often belongs to the application's user, who could put a symbolic link or a FIFO in
the log's place: links in the last component are refused, and what is no regular file is not opened.
`folders.py` says which links are followed on the way there.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from agent.logs.cursor import Seen
from agent.logs.folders import NotReadable, opened_folder, reason_of
from agent.logs.opened import OpenLog, wrapped
from wire.sentence import sentence

__all__ = ["NotReadable", "checked_status", "open_log", "open_seen", "status_in"]

_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

_KINDS: Final = {
    stat.S_IFDIR: sentence("it is a directory"),
    stat.S_IFIFO: sentence("it is a FIFO"),
    stat.S_IFSOCK: sentence("it is a socket"),
    stat.S_IFCHR: sentence("it is a device"),
    stat.S_IFBLK: sentence("it is a device"),
    stat.S_IFLNK: sentence("it is a symbolic link, and those are not followed"),
}


def open_log(path: str, *, follow_links: bool = False) -> int:
    """A descriptor of the regular file at `path`; raises `NotReadable`, or `FileNotFoundError`.

    `follow_links` is for a person who names a file on the command line.
    """
    if follow_links:
        return _open_checked(path, path, None)
    with opened_folder(_folder_of(path)) as folder:
        return _open_checked(path, _name_of(path), folder)


def open_seen(path: str) -> tuple[OpenLog, Seen]:
    """The open log and what stands in it; raises as `open_log` does."""
    descriptor = open_log(path)
    try:
        log = wrapped(descriptor, path)
        return log, log.look()
    except OSError as error:
        os.close(descriptor)
        raise NotReadable(reason_of(error)) from error


def checked_status(path: str) -> os.stat_result:
    """The status of the regular file at `path`; raises as `open_log` does."""
    with opened_folder(_folder_of(path)) as folder:
        return status_in(folder, _name_of(path))


def status_in(folder: int | None, name: str) -> os.stat_result:
    """The status of the regular file `name` in an open folder; without one `name` is a path, and links count."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=folder is None)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise NotReadable(reason_of(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise NotReadable(_KINDS.get(stat.S_IFMT(status.st_mode), sentence("it is not a regular file")))
    return status


def _open_checked(path: str, name: str, folder: int | None) -> int:
    status = status_in(folder, name)
    try:
        descriptor = os.open(name, _FLAGS | (0 if folder is None else os.O_NOFOLLOW), dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise NotReadable(reason_of(error)) from error
    opened = os.fstat(descriptor)
    if not stat.S_ISREG(opened.st_mode) or (opened.st_dev, opened.st_ino) != (status.st_dev, status.st_ino):
        os.close(descriptor)  # exchanged between the two looks; the next turn looks again
        raise FileNotFoundError(path)
    return descriptor


def _folder_of(path: str) -> Path:
    return Path(path).parent


def _name_of(path: str) -> str:
    return Path(path).name
