"""Puts entries of a listing on the disk, below one folder and never anywhere else. See restoring.py."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remediation.backup.engines.archive.format import KINDS, Record, is_safe
from remediation.backup.engines.archive.loading import Damaged
from remediation.backup.model import EntryKind, Unread

PROBLEMS_MAX: Final = 10_000
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass
class _Step:
    """A folder on the way to where we are. Its record is put on when we leave it."""

    name: bytes
    handle: int
    record: Record | None


class Placer:
    """Writes below `into`; entries come in the order of a listing."""

    def __init__(self, into: Path) -> None:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = os.open(into, _FOLDER)
        self._way: list[_Step] = []
        self._is_root = os.geteuid() == 0
        self.problems: list[Unread] = []

    def place(self, record: Record, content: Iterator[bytes]) -> None:
        """Write one entry. What goes wrong with it is a problem of this entry; a full disk is raised."""
        *folders, name = record.path[1:].split(b"/")
        if not is_safe(record.path):
            self._complain(record, "a name that leads elsewhere")
            return
        try:
            self._go(folders)
            folder = self._way[-1].handle if self._way else self._root
            self._place(record, name, folder, content)
        except Damaged as error:
            self._complain(record, str(error))
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}:
                raise
            self._complain(record, error.strerror or str(error))

    def finish(self) -> None:
        """Leave all folders."""
        try:
            self._go([])
        finally:
            os.close(self._root)

    def _place(self, record: Record, name: bytes, folder: int, content: Iterator[bytes]) -> None:
        kind = KINDS[record.kind]
        if kind is EntryKind.FOLDER:
            os.mkdir(name, 0o700, dir_fd=folder)
            self._way.append(_Step(name, os.open(name, _FOLDER, dir_fd=folder), record))
        elif kind is EntryKind.FILE and record.link:
            self._link(record, name, folder)
        elif kind is EntryKind.FILE:
            self._write(record, name, folder, content)
        elif kind is EntryKind.SYMLINK:
            os.symlink(record.target, name, dir_fd=folder)
            self._own(record, name, folder)
            os.utime(name, ns=(record.mtime_ns, record.mtime_ns), dir_fd=folder, follow_symlinks=False)
        else:
            os.mknod(name, record.mode, record.device, dir_fd=folder)
            self._own(record, name, folder)
            os.chmod(name, stat.S_IMODE(record.mode), dir_fd=folder)  # made just now, in a folder nobody else enters
            self._attribute(record, b"/proc/self/fd/%d/%s" % (folder, name))
            os.utime(name, ns=(record.mtime_ns, record.mtime_ns), dir_fd=folder)

    def _write(self, record: Record, name: bytes, folder: int, content: Iterator[bytes]) -> None:
        handle = os.open(name, _NEW, 0o600, dir_fd=folder)
        try:
            if record.extents is None:
                for piece in content:
                    _write_all(handle, piece)
            else:
                _write_sparse(handle, record, content)
            self._put_on(record, handle)
        except (Damaged, OSError):
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=folder)  # a part of a file must not look like a file
            raise
        finally:
            os.close(handle)

    def _link(self, record: Record, name: bytes, folder: int) -> None:
        if not is_safe(record.link):
            raise Damaged("a link that leads elsewhere")
        *folders, first = record.link[1:].split(b"/")
        handle = os.dup(self._root)
        try:
            for one in folders:
                below = os.open(one, _FOLDER, dir_fd=handle)
                os.close(handle)
                handle = below
            if not stat.S_ISREG(os.stat(first, dir_fd=handle, follow_symlinks=False).st_mode):
                raise Damaged("a link to what is no file")
            os.link(first, name, src_dir_fd=handle, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            os.close(handle)

    def _go(self, folders: list[bytes]) -> None:
        """Leave folders until we are on the way, then enter the others; never through a link."""
        same = 0
        while same < min(len(self._way), len(folders)) and self._way[same].name == folders[same]:
            same += 1
        while len(self._way) > same:
            step = self._way.pop()
            try:
                if step.record is not None:
                    self._put_on(step.record, step.handle)
            finally:
                os.close(step.handle)
        for name in folders[same:]:
            above = self._way[-1].handle if self._way else self._root
            self._way.append(_Step(name, os.open(name, _FOLDER, dir_fd=above), None))

    def _put_on(self, record: Record, handle: int) -> None:
        """Owner, attributes, mode, times: in this order, since an owner takes set-id bits and capabilities away."""
        self._own(record, handle, None)
        self._attribute(record, handle)
        os.fchmod(handle, stat.S_IMODE(record.mode))
        os.utime(handle, ns=(record.mtime_ns, record.mtime_ns))

    def _own(self, record: Record, what: int | bytes, folder: int | None) -> None:
        try:
            if isinstance(what, int):
                if self._is_root or os.fstat(what).st_gid != record.gid or os.fstat(what).st_uid != record.uid:
                    os.fchown(what, record.uid, record.gid)
            else:
                os.chown(what, record.uid, record.gid, dir_fd=folder, follow_symlinks=False)
        except PermissionError:
            self._complain(record, "its owner can only be set by root")

    def _attribute(self, record: Record, what: int | bytes) -> None:
        for name, value in record.xattrs:
            try:
                os.setxattr(what, name, value, follow_symlinks=isinstance(what, int))
            except OSError as error:
                self._complain(record, f"attribute {os.fsdecode(name)}: {error.strerror}")

    def _complain(self, record: Record, reason: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Unread(os.fsdecode(record.path), reason))


def _write_all(handle: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(handle, left) :]


def _write_sparse(handle: int, record: Record, content: Iterator[bytes]) -> None:
    """The extents at their places; what is between them stays a hole."""
    os.ftruncate(handle, record.size)
    waiting = b""
    for start, length in record.extents or []:
        os.lseek(handle, start, os.SEEK_SET)
        left = length
        while left:
            waiting = waiting or next(content, b"")
            if not waiting:
                raise Damaged("a file whose content is too short")
            _write_all(handle, waiting[:left])
            taken = min(left, len(waiting))
            waiting, left = waiting[taken:], left - taken
