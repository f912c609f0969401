"""One entry's record, and the content of one file, read so that a change meanwhile is noticed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from remediation.backup.engines.archive.format import KINDS, SMALL_FILE_BYTES, Record, piece_bytes
from remediation.backup.engines.archive.walking import Found
from remediation.backup.model import EntryKind

_BLOCK_BYTES = 512  # the unit of st_blocks
_WITHOUT = {errno.EOPNOTSUPP, errno.ENODATA, errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ELOOP}
_KINDS = {
    stat.S_IFREG: EntryKind.FILE,
    stat.S_IFDIR: EntryKind.FOLDER,
    stat.S_IFLNK: EntryKind.SYMLINK,
    stat.S_IFIFO: EntryKind.FIFO,
    stat.S_IFSOCK: EntryKind.SOCKET,
    stat.S_IFCHR: EntryKind.DEVICE,
    stat.S_IFBLK: EntryKind.DEVICE,
}
Put = Callable[[bytes], None]


class Changed(Exception):
    """A file is not what it was when it was looked at."""


def record_of(found: Found) -> Record:
    """All but content and extended attributes. `OSError` when it is gone."""
    status = found.status
    kind = _KINDS[stat.S_IFMT(status.st_mode)]
    record = Record(
        path=found.path,
        kind=KINDS.index(kind),
        mode=status.st_mode,
        uid=status.st_uid,
        gid=status.st_gid,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino,
    )
    if kind is EntryKind.SYMLINK:
        record.target = os.readlink(found.path)  # noqa: PTH115  # bytes
    elif kind is EntryKind.DEVICE:
        record.device = status.st_rdev
    elif kind is EntryKind.FILE:
        record.size = status.st_size
    return record


def xattrs_of(path: bytes | int) -> list[tuple[bytes, bytes]]:
    """Extended attributes, sorted; POSIX ACLs and capabilities are among them."""
    try:
        names = os.listxattr(path, follow_symlinks=isinstance(path, int))
    except OSError as error:
        if error.errno in _WITHOUT:
            return []
        raise
    found = []
    for name in sorted(names):
        try:
            found.append((os.fsencode(name), os.getxattr(path, name, follow_symlinks=isinstance(path, int))))
        except OSError as error:
            if error.errno not in _WITHOUT:
                raise
    return found


@contextmanager
def opened(found: Found) -> Iterator[int]:
    """The file that was looked at, open for reading, its access time left alone where that is allowed."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(found.path, flags | os.O_NOATIME)
    except PermissionError:
        handle = os.open(found.path, flags)
    try:
        now = os.fstat(handle)
        if not stat.S_ISREG(now.st_mode) or now.st_ino != found.status.st_ino:
            raise Changed
        yield handle
    finally:
        os.close(handle)


def is_same(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether nothing was written between two looks at an open file."""
    return (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def read_file(handle: int, record: Record, small: Put, piece: Put) -> bool:
    """Give a file's content away, set its record's size, extents; False when it changed while it was read."""
    before = os.fstat(handle)
    record.mode, record.uid, record.gid = before.st_mode, before.st_uid, before.st_gid
    record.size, record.mtime_ns, record.ctime_ns = before.st_size, before.st_mtime_ns, before.st_ctime_ns
    record.extents = _extents(handle, before)
    length = record.size if record.extents is None else sum(length for _, length in record.extents)
    if length < SMALL_FILE_BYTES:
        content = b"".join(_pieces(handle, record, SMALL_FILE_BYTES))
        read = len(content)
        small(content)
    else:
        read = 0
        for content in _joined(_pieces(handle, record, piece_bytes(record.size)), piece_bytes(record.size)):
            read += len(content)
            piece(content)
    if read < length:  # it became shorter: what is there is kept, as a plain file
        record.size, record.extents = read, None
        return False
    return is_same(before, os.fstat(handle))


def _pieces(handle: int, record: Record, most: int) -> Iterator[bytes]:
    """The content in reads of at most `most` bytes; ends early where the file became shorter."""
    for start, length in [(0, record.size)] if record.extents is None else record.extents:
        at, end = start, start + length
        while at < end:
            content = os.pread(handle, min(most, end - at), at)
            if not content:
                return
            at += len(content)
            yield content


def _joined(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of exactly `size`, but the last."""
    waiting = bytearray()
    for piece in pieces:
        if not waiting and len(piece) == size:
            yield piece
            continue
        waiting += piece
        while len(waiting) >= size:
            yield bytes(waiting[:size])
            del waiting[:size]
    if waiting:
        yield bytes(waiting)


def _extents(handle: int, status: os.stat_result) -> list[tuple[int, int]] | None:
    """The parts of a file that hold something; None for a file without holes."""
    if status.st_blocks * _BLOCK_BYTES >= status.st_size:
        return None
    found, end = [], 0
    try:
        while end < status.st_size:
            start = os.lseek(handle, end, os.SEEK_DATA)
            end = min(os.lseek(handle, start, os.SEEK_HOLE), status.st_size)
            found.append((start, end - start))
    except OSError as error:
        if error.errno != errno.ENXIO:  # nothing but a hole from here on
            return None
    return None if found == [(0, status.st_size)] else found
