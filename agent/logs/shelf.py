"""Files of a source that are known but not open.

They are rotated ones that were read to their end and, at a start, those of which only the stored cursor is left.
They are kept so that a rotated file is never taken for a new one, and looked at from time to time: one
that has grown is opened again, one that is gone is forgotten. A cursor whose path is still one of the
source's was never seen rotated and finished: when its file is gone, what was not read is a gap.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.logs.cursor import Happened, Seen, decide, has_same_head, lengthen_head
from agent.logs.gaps import stopped_gap
from agent.logs.opening import NotReadable, open_seen
from agent.logs.paths import Identity, covers
from agent.logs.siblings import Sibling, is_rotation_of, list_siblings
from agent.spool.port import Cursor
from wire.messages import Gap, GapCause

REVISIT: Final = timedelta(seconds=5)  # how often closed files are looked at
CURSORS_MAX: Final = 1_000  # of files on a file system that is away; the oldest are given up


@dataclass
class Visit:
    """What a look at the closed files found."""

    grown: list[tuple[int, Cursor]] = field(default_factory=list)  # open descriptors, for the caller to read on
    cut: list[tuple[int, Cursor, Seen]] = field(default_factory=list)  # the same, to be read from their beginning
    forgotten: list[Cursor] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    written: list[tuple[str, int]] = field(default_factory=list)  # path and time of the last write, ns


class Shelf:
    """The closed files of one source."""

    def __init__(self, pattern: str, stored: Iterable[Cursor]) -> None:
        self._pattern = pattern
        self._revisited_at: datetime | None = None
        self.cursors: dict[Identity, Cursor] = {(cursor.device, cursor.inode): cursor for cursor in stored}

    def knows(self, seen: Seen) -> bool:
        """Whether this file is here, with what it held when it was closed."""
        cursor = self.cursors.get((seen.device, seen.inode))
        return cursor is not None and decide(cursor, seen) in {Happened.UNCHANGED, Happened.CONTINUE}

    def put(self, cursor: Cursor) -> None:
        """A file was closed."""
        self.cursors[cursor.device, cursor.inode] = cursor

    def take(self, identity: Identity, head: bytes) -> Cursor | None:
        """The cursor of the file that has this identity, for opening it again.

        A device number may change at a reboot: then inode and first bytes decide.
        """
        exact = self.cursors.pop(identity, None)
        if exact:
            return exact
        for known, cursor in self.cursors.items():
            if known[1] == identity[1] and cursor.head_bytes and _begins(cursor, head):
                return self.cursors.pop(known)
        return None

    def visit(self, present: Iterable[Identity], now: datetime) -> Visit:
        """Look at every closed file that is not `present` at a path of the source, if it is time."""
        visit = Visit()
        if self._revisited_at is not None and timedelta(0) <= now - self._revisited_at < REVISIT:
            return visit
        self._revisited_at = now
        inodes = {inode for _, inode in present}
        listed: dict[Path, dict[int, Sibling]] = {}
        for cursor in [cursor for cursor in self.cursors.values() if cursor.inode not in inodes]:
            directory = Path(cursor.path).parent
            if directory not in listed:
                listed[directory] = {file.inode: file for file in list_siblings(directory)}
            self._visit_one(cursor, listed[directory].get(cursor.inode), visit, now)
        return visit

    def _visit_one(self, cursor: Cursor, file: Sibling | None, visit: Visit, now: datetime) -> None:
        if file is None:
            if not _is_away(cursor) or len(self.cursors) > CURSORS_MAX:
                self._forget(cursor, visit, now)
            return
        try:
            descriptor, seen = open_seen(file.path)
        except (NotReadable, FileNotFoundError):
            return  # looked at again next time
        happened = decide(cursor, seen)
        visit.written.append((cursor.path, file.mtime_ns))
        is_finished = not covers(self._pattern, cursor.path)
        if happened is Happened.CONTINUE or (happened is Happened.UNCHANGED and not is_finished):
            del self.cursors[cursor.device, cursor.inode]
            visit.grown.append((descriptor, lengthen_head(cursor, seen)))
        elif happened is Happened.TRUNCATED and is_rotation_of(file.path, cursor.path):
            del self.cursors[cursor.device, cursor.inode]
            visit.cut.append((descriptor, cursor, seen))
        else:
            os.close(descriptor)
            self._keep_or_forget(cursor, file, visit, now, is_ours=happened is Happened.UNCHANGED)

    def _keep_or_forget(self, cursor: Cursor, file: Sibling, visit: Visit, now: datetime, *, is_ours: bool) -> None:
        if is_ours:
            self.put(replace(cursor, path=file.path))
        else:
            self._forget(cursor, visit, now)  # its inode is some other file's now

    def _forget(self, cursor: Cursor, visit: Visit, now: datetime) -> None:
        del self.cursors[cursor.device, cursor.inode]
        visit.forgotten.append(cursor)
        visit.gaps += self.loss_of(cursor, now)

    def loss_of(self, cursor: Cursor, now: datetime) -> list[Gap]:
        """The gap that a file leaves which is gone: none when it had been read to its end after its rotation."""
        if not covers(self._pattern, cursor.path):
            return []
        detail = "the file went away while it was not read; what was written after this byte is lost"
        return [stopped_gap(GapCause.ROTATED, cursor, now, detail)]


def _begins(cursor: Cursor, head: bytes) -> bool:
    return has_same_head(cursor, Seen(cursor.device, cursor.inode, len(head), head))


def _is_away(cursor: Cursor) -> bool:
    """Whether the file system is not there (unmounted), as opposed to the file."""
    try:
        return Path(cursor.path).parent.stat().st_dev != cursor.device
    except OSError:
        return True
