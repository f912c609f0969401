"""A log that is open, whatever it is made of: bytes at an offset, and what it looks like now.

`PlainLog` is a regular file. `PackedLog` is a compressed one, seen unpacked: it is read from its
beginning to its end, a chunk at a time, so that its size costs no memory. Offsets, first bytes
and positions are those of the unpacked text, so that a log which was compressed after half of it was read
goes on where it stood; device and inode are those of the compressed file.

What unpacks to more than any log does (a bomb), and what is damaged, raises `Unpackable`. Only formats that
tell a torn file from a complete one are unpacked; what is packed in another way is a gap.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import os
import zlib
from pathlib import Path
from typing import Final, Protocol

from agent.logs.cursor import HEAD_BYTES, Seen

ENDINGS: Final = (".gz", ".bz2")
UNPACKED_BYTES_MAX: Final = 2**33  # 8 GiB of one compressed log
RATIO_MAX: Final = 1_000  # text packs 5 to 50 times; zeros of a torn file a thousand times
RATIO_FLOOR_BYTES: Final = 64 * 2**20
STEP_BYTES: Final = 262_144
SIZE_UNKNOWN: Final = 2**62


class OpenLog(Protocol):
    """What reading needs of an open log; every method raises `OSError`."""

    def stamp(self) -> tuple[int, int]:
        """Size in bytes and time of the last write in ns: what changes when something is written."""

    def read(self, size: int, offset: int) -> bytes:
        """At most `size` bytes from `offset`; empty at the end."""

    def hole_at(self, offset: int) -> int:
        """How many bytes from `offset` on were never written and read as NUL; 0 where that is not known."""

    def look(self) -> Seen:
        """Identity, size and first bytes."""

    def will_grow(self) -> bool:
        """Whether more may still be written to it."""

    def expected_bytes(self) -> int:
        """How many bytes there are to be read, as far as that can be known beforehand."""

    def is_unlinked(self) -> bool:
        """Whether no name leads to the file any more."""

    def close(self) -> None:
        """Give the descriptor back."""


class Unpackable(OSError):
    """A compressed log that is damaged, or unpacks to too much."""


class PlainLog:
    """A regular file."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def stamp(self) -> tuple[int, int]:
        """Size and time of the last write."""
        status = os.fstat(self.descriptor)
        return status.st_size, status.st_mtime_ns

    def read(self, size: int, offset: int) -> bytes:
        """As `pread`."""
        return os.pread(self.descriptor, size, offset)

    def hole_at(self, offset: int) -> int:
        """By asking the file system for the next bytes that it holds."""
        try:
            return os.lseek(self.descriptor, offset, os.SEEK_DATA) - offset
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                return max(0, os.fstat(self.descriptor).st_size - offset)
            return 0

    def look(self) -> Seen:
        """As it is on disk."""
        status = os.fstat(self.descriptor)
        return Seen(status.st_dev, status.st_ino, status.st_size, os.pread(self.descriptor, HEAD_BYTES, 0))

    def will_grow(self) -> bool:
        """A writer may hold it open."""
        return True

    def expected_bytes(self) -> int:
        """Its size."""
        return self.stamp()[0]

    def is_unlinked(self) -> bool:
        """By its number of links."""
        return os.fstat(self.descriptor).st_nlink == 0

    def close(self) -> None:
        """Close it."""
        os.close(self.descriptor)


class _Stream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class PackedLog:
    """A compressed file; reading backwards starts again at its beginning."""

    def __init__(self, descriptor: int, ending: str) -> None:
        self.descriptor = descriptor
        self._ending = ending
        self._at = 0
        self._size = SIZE_UNKNOWN
        self._stream = self._begin()
        self._head = b""
        self._head = self.read(HEAD_BYTES, 0)

    def stamp(self) -> tuple[int, int]:
        """Its unpacked size as far as that is known."""
        return self._size, os.fstat(self.descriptor).st_mtime_ns

    def read(self, size: int, offset: int) -> bytes:
        """Unpacked bytes; what lies before `offset` is unpacked and thrown away."""
        if offset < len(self._head) and offset + size <= len(self._head):
            return self._head[offset : offset + size]
        if offset < self._at:
            self._stream, self._at = self._begin(), 0
        while self._at < offset:
            if not self._unpack(min(STEP_BYTES, offset - self._at)):
                return b""
        whole = bytearray()
        while len(whole) < size:
            piece = self._unpack(size - len(whole))
            if not piece:
                break
            whole += piece
        return bytes(whole)

    def hole_at(self, offset: int) -> int:  # noqa: ARG002  # what was a hole was packed as zeros
        """Never known."""
        return 0

    def look(self) -> Seen:
        """Its own identity; size and first bytes unpacked."""
        status = os.fstat(self.descriptor)
        return Seen(status.st_dev, status.st_ino, self._size, self._head)

    def will_grow(self) -> bool:
        """It was packed when it was complete."""
        return False

    def expected_bytes(self) -> int:
        """What gzip notes at its end, modulo 2**32; bzip2 notes nothing."""
        packed = os.fstat(self.descriptor).st_size
        return int.from_bytes(os.pread(self.descriptor, 4, packed - 4), "little") if self._ending == ".gz" else 0

    def is_unlinked(self) -> bool:
        """By its number of links."""
        return os.fstat(self.descriptor).st_nlink == 0

    def close(self) -> None:
        """Close it."""
        os.close(self.descriptor)

    def _begin(self) -> _Stream:
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        raw = open(self.descriptor, "rb", closefd=False)  # noqa: SIM115  # it holds nothing of its own
        if self._ending == ".gz":
            return gzip.GzipFile(fileobj=raw, mode="rb")
        return bz2.BZ2File(raw)

    def _unpack(self, size: int) -> bytes:
        try:
            piece = self._stream.read(size)
        except (EOFError, zlib.error, ValueError) as error:
            raise Unpackable(errno.EBADMSG, f"the compressed log is damaged: {error}") from error
        self._at += len(piece)
        if not piece:
            self._size = self._at
        packed = os.fstat(self.descriptor).st_size
        if self._at > UNPACKED_BYTES_MAX or (self._at > RATIO_FLOOR_BYTES and self._at > RATIO_MAX * packed):
            raise Unpackable(errno.EFBIG, f"the compressed log unpacks to more than {self._at} bytes")
        return piece


def wrapped(descriptor: int, path: str) -> OpenLog:
    """The open file as a log: a compressed one by the end of its name. Raises `OSError`."""
    ending = Path(path).suffix
    return PackedLog(descriptor, ending) if ending in ENDINGS else PlainLog(descriptor)
