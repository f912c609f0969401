"""What rotation left beside a log: copies of a file that was cut or went away, and files that were never seen.

A file is known by its identity or by its first bytes; so a compressed copy of what was read is not read again, and
the compressed copy of what was not read to its end is read from where the reading stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from agent.logs.cursor import Seen, is_copy
from agent.logs.opened import OpenLog
from agent.logs.opening import NotReadable, open_seen
from agent.logs.shelf import Shelf
from agent.logs.siblings import Sibling, find_inodes, list_rotations
from agent.spool.port import Cursor


class Rotated:
    """The rotated files beside a source's logs that are not known."""

    def __init__(self, shelf: Shelf, is_open: Callable[[tuple[int, int]], bool]) -> None:
        self._shelf = shelf
        self._is_open = is_open

    def copy_of(self, cut: Cursor) -> tuple[OpenLog, Seen] | None:
        """The newest file that holds at least what was read up to `cut`, opened."""
        for file in reversed(list_rotations(cut.path)):
            opened = self._open(file)
            if opened and is_copy(opened[1], cut):
                return opened
            if opened:
                opened[0].close()
        return None

    def missed(self, path: str, newest_ns: int, known: Iterable[Cursor]) -> Iterator[tuple[OpenLog, Seen]]:
        """Files that were made of `path` and rotated between two looks: unknown, and no older than what we know."""
        heads = list(known)
        for file in list_rotations(path):
            opened = self._open(file) if file.mtime_ns >= newest_ns else None
            if opened is None:
                continue
            is_old = not opened[0].will_grow() and file.mtime_ns == newest_ns  # what we know of, compressed since
            if is_old or any(is_copy(opened[1], cursor) for cursor in heads):
                opened[0].close()
                continue
            yield opened

    def _open(self, file: Sibling) -> tuple[OpenLog, Seen] | None:
        """Open a file unless it is one that we know; an inode that was ours may be another file's by now."""
        if self._is_open(file.identity):
            return None
        try:
            opened = open_seen(file.path)
        except (NotReadable, FileNotFoundError):
            return None  # what could have been in it is a gap already, or stands in the status by its own name
        if self._shelf.knows(opened[1]):
            opened[0].close()
            return None
        return opened


def found_again(cursor: Cursor) -> Cursor | None:
    """The cursor of a rotated file with the name that it has now; None when it lies nowhere in its folder."""
    left = find_inodes(Path(cursor.path).parent, {cursor.inode}).get(cursor.inode)
    if left is None or left.device != cursor.device:
        return None
    return replace(cursor, path=left.path)
