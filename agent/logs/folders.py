"""The folder of a log, opened step by step, so that nobody can lead the agent elsewhere.

The agent may read more than the users whose logs it follows. Somebody who owns a folder on the way to
a log could put a symbolic link in its place and have `/etc/shadow` shown to the vendor. So each step of a
path is opened by itself, below the step before, and a link counts only when nobody else can
have made it: it belongs to root (or to the agent's own user), and stands in a folder which that user owns
and which nobody else may write to. `/var/log -> /data/log` by root is followed, at every look
anew; a link in `/srv/clinic` that belongs to `clinic`, or any link in `/tmp`, is not.

What this does not stop is a hard link to a file that the agent may read; Linux refuses those by
default (`fs.protected_hardlinks`).
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wire.sentence import Sentence, sentence

LINKS_MAX: Final = 40  # what Linux follows on one path
_STEP: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_SHARED: Final = stat.S_IWGRP | stat.S_IWOTH


class NotReadable(Exception):
    """The file cannot be read; `why` says the reason without the path."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


@contextlib.contextmanager
def opened_folder(path: str | Path) -> Iterator[int]:
    """A descriptor (`O_PATH`) of the folder at `path`; raises `NotReadable`, or `FileNotFoundError`."""
    descriptor = open_folder(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_folder(path: str | Path) -> int:
    """The same, for the caller to close."""
    try:
        return _walk(Path(path))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise NotReadable(reason_of(error)) from error


def reason_of(error: OSError | ValueError) -> Sentence:
    """An error of the operating system as a reason."""
    if isinstance(error, PermissionError):
        return sentence("this user has no permission to read it")
    return sentence("{reason}", reason=getattr(error, "strerror", None) or str(error))


def _walk(path: Path) -> int:
    steps = _steps_of(path)
    here = os.open("/" if path.is_absolute() else ".", _STEP | os.O_DIRECTORY)
    links = 0
    try:
        while steps:
            step = steps.pop()
            target = None
            try:
                there = os.open(step, _STEP | os.O_DIRECTORY, dir_fd=here)
            except NotADirectoryError:
                target = _trusted_target(here, step)
                links += 1
                if links > LINKS_MAX:
                    raise NotReadable(sentence("its folder is a circle of symbolic links")) from None
                steps += _steps_of(target)
                if not target.is_absolute():
                    continue
                there = os.open("/", _STEP | os.O_DIRECTORY)
            os.close(here)
            here = there
    except BaseException:
        os.close(here)
        raise
    return here


def _steps_of(path: Path) -> list[str]:
    """The names on the way, the last one first."""
    return [step for step in reversed(path.parts) if step != "/"]


def _trusted_target(folder: int, name: str) -> Path:
    """Where the link `name` leads; raises `NotReadable` for a link that somebody else could have made."""
    link = os.open(name, _STEP, dir_fd=folder)
    try:
        found, holder = os.fstat(link), os.fstat(folder)
        if not stat.S_ISLNK(found.st_mode):
            raise NotReadable(sentence("what should be its folder is none"))
        ours = {0, os.geteuid()}
        if found.st_uid not in ours or holder.st_uid not in ours or holder.st_mode & _SHARED:
            raise NotReadable(sentence("its folder is a symbolic link that root did not make; those are not followed"))
        return Path(os.readlink("", dir_fd=link))
    finally:
        os.close(link)
