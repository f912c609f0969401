"""Compiled databases, kept in a folder between two starts, and made in a child.

Compiling takes seconds and memory that is not given back. So a child of this process does it (`agent.apart`), writes
the database and ends. Until then the slower engine reads.

A file is believed when it is ours alone, holds the digest of what it was made of, and its content has the
checksum that it names. Anything else is thrown away and made again.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from agent.apart import live_and_end
from agent.durable import write_durably

MAGIC: Final = b"sitewarden scanner 1\n"
DATABASE_BYTES_MAX: Final = 64_000_000  # 5,000 automata make 3 MB
KEPT: Final = 32  # databases of catalogues that may come back
_DIGEST_BYTES: Final = 32


def digest_of(version: str, expressions: Sequence[tuple[int, bytes]]) -> bytes:
    """32 bytes that change with the library, the processor and every expression."""
    digest = hashlib.sha256(version.encode())
    for rank, expression in expressions:
        digest.update(b"%d:%d:%s" % (rank, len(expression), expression))
    return digest.digest()


def read_database(folder: Path, digest: bytes) -> bytes | None:
    """The kept database, or None when there is none that can be believed; a bad file is removed."""
    path = _path(folder, digest)
    try:
        raw = _read_own(path)
    except OSError:
        return None
    head = MAGIC + digest
    body = raw[len(head) + _DIGEST_BYTES :]
    if raw.startswith(head) and raw[len(head) : len(head) + _DIGEST_BYTES] == hashlib.sha256(body).digest():
        return body
    forget_database(folder, digest)
    return None


def forget_database(folder: Path, digest: bytes) -> None:
    """Remove one that was found to be of no use."""
    _path(folder, digest).unlink(missing_ok=True)


def write_database(folder: Path, digest: bytes, body: bytes) -> None:
    """Keep a database, readable for us alone, whole or not at all; raises `OSError`."""
    content = MAGIC + digest + hashlib.sha256(body).digest() + body
    write_durably(_path(folder, digest), content, flush=False)  # one that is lost is made again


def tidy(folder: Path) -> None:
    """Remove the oldest where there are too many."""
    kept = sorted(folder.glob("*.db"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in kept[KEPT:]:
        path.unlink(missing_ok=True)


class Child:
    """A database on its way."""

    def __init__(self, folder: Path, digest: bytes, make: Callable[[], bytes]) -> None:
        """Start; raises `OSError` when no process can be had."""
        self._pid: int | None = os.fork()
        if self._pid == 0:
            live_and_end(lambda: write_database(folder, digest, make()))

    def is_done(self) -> bool:
        """Whether it has ended, well or not; never waits."""
        if self._pid is not None:
            try:
                ended, _ = os.waitpid(self._pid, os.WNOHANG)
            except ChildProcessError:
                ended = self._pid
            if ended:
                self._pid = None
        return self._pid is None


def _path(folder: Path, digest: bytes) -> Path:
    return folder / f"{digest.hex()[:32]}.db"


def _read_own(path: Path) -> bytes:
    """The bytes of a plain file that is ours and that nobody else may read or write; raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
        if not ours or status.st_size > DATABASE_BYTES_MAX:
            raise PermissionError(str(path))
        return file.read()
