"""Files of a source that are known but not open.

They are rotated ones that were read to their end and, at a start, those of which only the stored cursor is left.
They are kept so that a rotated file is never taken for a new one, and looked at from time to time: one
that has grown is opened again, one that is gone is forgotten. A cursor whose path is still one of the
source's was never seen rotated and finished: when its file is gone, its rest may have been compressed
meanwhile, and what is found nowhere is a gap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.logs.cursor import Happened, Seen, decide, has_same_head, lengthen_head
from agent.logs.opened import OpenLog
from agent.logs.opening import NotReadable, open_seen
from agent.logs.paths import Identity, covers
from agent.logs.siblings import Sibling, find_inodes, is_rotation_of
from agent.spool.port import Cursor

REVISIT: Final = timedelta(seconds=5)  # how often closed files are looked at
CURSORS_MAX: Final = 1_000  # of files on a file system that is away; the oldest are given up


@dataclass
class Visit:
    """What a look at the closed files found."""

    grown: list[tuple[OpenLog, Cursor]] = field(default_factory=list)  # open, for the caller to read on
    cut: list[tuple[OpenLog, Cursor, Seen]] = field(default_factory=list)  # the same, to be read from their beginning
    forgotten: list[Cursor] = field(default_factory=list)
    lost: list[Cursor] = field(default_factory=list)  # those of the forgotten that were not read to their end
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
        absent = [cursor for cursor in self.cursors.values() if cursor.inode not in inodes]
        for cursor in absent:
            directory = Path(cursor.path).parent
            if directory not in listed:
                listed[directory] = find_inodes(directory, {other.inode for other in absent})
            self._visit_one(cursor, listed[directory].get(cursor.inode), visit)
        return visit

    def _visit_one(self, cursor: Cursor, file: Sibling | None, visit: Visit) -> None:
        if file is None:
            if not is_away(cursor) or len(self.cursors) > CURSORS_MAX:
                self._forget(cursor, visit)
            return
        try:
            log, seen = open_seen(file.path)
        except (NotReadable, FileNotFoundError):
            return  # looked at again next time
        happened = decide(cursor, seen)
        visit.written.append((cursor.path, file.mtime_ns))
        is_finished = not covers(self._pattern, cursor.path)
        if is_finished and not log.will_grow() and happened is Happened.CONTINUE:
            happened = Happened.UNCHANGED
        if happened is Happened.CONTINUE or (happened is Happened.UNCHANGED and not is_finished):
            del self.cursors[cursor.device, cursor.inode]
            visit.grown.append((log, lengthen_head(cursor, seen)))
        elif happened is Happened.TRUNCATED and is_rotation_of(file.path, cursor.path):
            del self.cursors[cursor.device, cursor.inode]
            visit.cut.append((log, cursor, seen))
        else:
            log.close()
            self._keep_or_forget(cursor, file, visit, is_ours=happened is Happened.UNCHANGED)

    def _keep_or_forget(self, cursor: Cursor, file: Sibling, visit: Visit, *, is_ours: bool) -> None:
        if is_ours:
            self.put(replace(cursor, path=file.path))
        else:
            self._forget(cursor, visit)  # its inode is some other file's now

    def _forget(self, cursor: Cursor, visit: Visit) -> None:
        del self.cursors[cursor.device, cursor.inode]
        visit.forgotten.append(cursor)
        visit.lost += [cursor] if self.has_rest(cursor) else []

    def has_rest(self, cursor: Cursor) -> bool:
        """Whether something of this file may be unread: it was not read to its end after its rotation."""
        return covers(self._pattern, cursor.path)


def _begins(cursor: Cursor, head: bytes) -> bool:
    return has_same_head(cursor, Seen(cursor.device, cursor.inode, len(head), head))


def is_away(cursor: Cursor) -> bool:
    """Whether the file system is not there (unmounted), as opposed to the file."""
    try:
        return Path(cursor.path).parent.stat().st_dev != cursor.device
    except OSError:
        return True
