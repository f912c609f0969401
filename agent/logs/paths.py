"""The paths that a source names: which regular files are there, and what is wrong with the rest.

A pattern's folder is listed at every look while it is small, and less often the more names it holds: 100,000
names cost a tenth of a second of CPU, so they are listed every fifty seconds.
"""

from __future__ import annotations

import glob
import heapq
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from agent.logs.folders import NotReadable, opened_folder, reason_of
from agent.logs.opening import status_in
from wire.sentence import Sentence, sentence

Identity = tuple[int, int]  # device, inode
FILES_MAX: Final = 500  # of one source; a pattern that matches more is most likely a mistake
NAMES_PER_S: Final = 2_000  # how many names a folder may have for each second between two listings of it


@dataclass
class Found:
    """Files by identity; a file with two names is read once. `problems` are by path."""

    files: dict[Identity, str] = field(default_factory=dict)
    problems: dict[str, Sentence] = field(default_factory=dict)
    written: dict[Identity, tuple[int, int]] = field(default_factory=dict)  # size in bytes, last write in ns
    is_folder_there: bool = True


@dataclass
class _Listed:
    """The names of a folder that match, when it was listed, and of how many in all."""

    names: list[str]
    at: datetime
    matching: int = 0
    total: int = 0


class Listing:
    """The paths of one source, looked at again and again."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._path = Path(pattern)
        self._listed: _Listed | None = None

    def look(self, now: datetime) -> Found:
        """What is there now, in the order of names."""
        found = Found()
        try:
            with opened_folder(self._path.parent) as folder:
                for name in self._names_in(folder, found, now):
                    self._note(folder, name, found)
        except FileNotFoundError:
            found.is_folder_there = False
            found.problems[self._pattern] = sentence("its folder does not exist")
        except NotReadable as refusal:
            found.is_folder_there = False
            found.problems[self._pattern] = refusal.why
        return found

    def _note(self, folder: int, name: str, found: Found) -> None:
        path = str(self._path.parent / name)
        try:
            status = status_in(folder, name)
        except FileNotFoundError:
            found.problems[path] = sentence("it does not exist")
        except NotReadable as refusal:
            found.problems[path] = refusal.why
        else:
            identity = (status.st_dev, status.st_ino)
            found.files.setdefault(identity, path)
            found.written[identity] = (status.st_size, status.st_mtime_ns)

    def _names_in(self, folder: int, found: Found, now: datetime) -> list[str]:
        if not glob.has_magic(self._path.name):
            return [self._path.name]
        listed = self._listed
        if listed is None or not timedelta(0) <= now - listed.at < timedelta(seconds=listed.total // NAMES_PER_S):
            listed = self._listed = self._list(folder, now)
        if listed.matching > FILES_MAX:
            found.problems[self._pattern] = sentence(
                "{count} files match; only the first {limit} by name are read", count=listed.matching, limit=FILES_MAX
            )
        return listed.names

    def _list(self, folder: int, now: datetime) -> _Listed:
        """Names alone, and no more of them held than are read."""
        listed = _Listed([], now)
        try:
            readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
        except OSError as error:
            raise NotReadable(reason_of(error)) from error
        try:
            listed.names = heapq.nsmallest(FILES_MAX, self._matching(readable, listed))
        finally:
            os.close(readable)
        return listed

    def _matching(self, folder: int, listed: _Listed) -> Iterator[str]:
        with os.scandir(folder) as entries:
            for entry in entries:
                listed.total += 1
                if _matches(entry.name, self._path.name):
                    listed.matching += 1
                    yield entry.name


def find_files(pattern: str) -> Found:
    """What is at `pattern` now, for one look."""
    return Listing(pattern).look(datetime.min.replace(tzinfo=UTC))


def covers(pattern: str, path: str) -> bool:
    """Whether `path` is one that the source names, be it there or not."""
    here, there = Path(path), Path(pattern)
    return here.parent == there.parent and _matches(here.name, there.name)


def _matches(name: str, pattern: str) -> bool:
    """As a shell does: what starts with a dot has to be asked for."""
    return fnmatchcase(name, pattern) and (pattern.startswith(".") or not name.startswith("."))
