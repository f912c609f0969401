"""The append-only record of all that was asked, refused and done on this host.

Theory of operation
-------------------
Records stand in files `chain-00000001.jsonl`, ...; see `lines.py` for one line. `append` returns when
its record is on the disk. Callers that append at the same time share one flush: each writes its line
under the lock, then whoever gets to flush first flushes for all that is written.

A power cut can leave a piece of a line at the end: a tail without a newline, or of zero bytes. It was
never promised to anybody, so opening cuts it off, and says so in a record of its own (`torn`).
Anything else that is wrong stays where it is, for `verify` to find: this file repairs nothing.

Each file but the first begins with a record `continued` that holds the Merkle frontier of all
before it, so that opening reads the last file only.

Several processes may append (executor, local commands): each write holds the lock file, and first
takes in what others have written since. A flush that fails closes the chain for good: after that
nobody knows what the disk holds, and nothing may run that cannot be recorded.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from remediation.audit.heads import Head
from remediation.audit.lines import CONTINUED, GENESIS, Entry, Line, frame, next_hash, read_line, write_entry
from remediation.audit.tree import Frontier, leaf_hash

FILE_BYTES: Final = 8_000_000
LOCK_NAME: Final = "chain.lock"
TORN: Final = "torn"
_NAME: Final = re.compile(r"chain-([0-9]{8})\.jsonl")
_PRIVATE: Final = 0o600


class ChainBroken(Exception):
    """The chain cannot be written; nothing that must be recorded may happen."""


class AuditChain:
    """One chain, open for appending. Safe to call from several threads."""

    def __init__(self, folder: Path, now: Callable[[], datetime], *, file_bytes: int = FILE_BYTES) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._now = now
        self._file_bytes = file_bytes
        self._lock = threading.Lock()
        self._flush_lock = threading.Lock()
        self._lock_file = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
        self._file = -1
        self._number = 0
        self._end = 0  # bytes of the current file that are taken in
        self._chain = GENESIS
        self._frontier = Frontier()
        self._flushed = 0
        self._problem = ""
        self._untold_bytes = 0
        self.torn_bytes = 0
        with self._lock, self._locked():
            self._open()

    def append(self, kind: str, body: dict[str, Any]) -> int:
        """Store one record durably; its number. `ChainBroken` when that is not sure."""
        return self.append_all([(kind, body)])

    def append_all(self, records: list[tuple[str, dict[str, Any]]]) -> int:
        """Store these records with one flush; the number of the last."""
        with self._lock, self._locked():
            if self._problem:
                raise ChainBroken(self._problem)
            self._catch_up()
            self._tell_torn()
            for kind, body in records:
                self._write(kind, body)
            number = self._frontier.size
        self._flush(number)
        return number

    def head(self) -> Head:
        """The state of the whole chain now."""
        with self._lock, self._locked():
            self._catch_up()
            return Head(
                size=self._frontier.size, chain=self._chain.hex(), root=self._frontier.root().hex(), at=self._now()
            )

    def read(self) -> Iterator[Line]:
        """Every record that can be read, from the first."""
        return (line for raw in stored_lines(self._folder) if (line := read_line(raw)) is not None)

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for handle in (self._file, self._lock_file):
                if handle >= 0:
                    os.close(handle)
            self._file = self._lock_file = -1
            self._problem = "the chain is closed"

    def _locked(self) -> _Locked:
        return _Locked(self._lock_file)

    def _open(self) -> None:
        """Take in the last file; cut off what a power cut tore."""
        files = chain_files(self._folder)
        while files and self._trim(files[-1]) == 0 and len(files) > 1:
            files.pop().unlink()  # a further file without even its first record
        self._number = _number_of(files[-1]) if files else 1
        self._attach()
        self._catch_up()
        self._tell_torn()
        os.fsync(self._file)
        self._flushed = self._frontier.size

    def _cut(self, count: int) -> None:
        self.torn_bytes += count
        self._untold_bytes += count

    def _tell_torn(self) -> None:
        if self._untold_bytes:
            self._write(TORN, {"bytes": self._untold_bytes})
            self._untold_bytes = 0

    def _trim(self, path: Path) -> int:
        """Cut a torn tail off; the bytes that are left."""
        raw = path.read_bytes()
        kept = raw.rstrip(b"\x00")
        kept = kept[: kept.rfind(b"\n") + 1]
        if len(kept) < len(raw):
            self._cut(len(raw) - len(kept))
            os.truncate(path, len(kept))
        return len(kept)

    def _attach(self) -> None:
        path = self._folder / f"chain-{self._number:08}.jsonl"
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(path, flags, _PRIVATE)
        if self._file >= 0:
            os.close(self._file)
        self._file, self._end = handle, 0
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _catch_up(self) -> None:
        """Take in what stands in the files behind our last look."""
        while True:
            size = os.fstat(self._file).st_size
            if size < self._end:
                self._break("somebody made the file shorter")
                raise ChainBroken(self._problem)
            raw = os.pread(self._file, size - self._end, self._end) if size > self._end else b""
            whole = raw[: raw.rfind(b"\n") + 1]
            for piece in whole.split(b"\n")[:-1]:
                self._take(piece)
            self._end += len(whole)
            if len(whole) < len(raw):  # we hold the lock, so whoever wrote this is dead
                os.ftruncate(self._file, self._end)
                self._cut(len(raw) - len(whole))
            if not (self._folder / f"chain-{self._number + 1:08}.jsonl").exists():
                return
            self._number += 1
            self._attach()

    def _take(self, raw: bytes) -> None:
        line = read_line(raw)
        if line is None:  # damage: counted as a record, so that numbers and tree agree with what `verify` counts
            self._frontier = self._frontier.plus(leaf_hash(raw))
            self._chain = next_hash(self._chain, raw)
            return
        if line.entry.kind == CONTINUED and self._end == 0 and not self._frontier.size:
            self._resume(line)
        self._frontier = self._frontier.plus(leaf_hash(line.stored))
        self._chain = line.chain

    def _resume(self, line: Line) -> None:
        peaks = line.entry.body.get("peaks", [])
        size = line.entry.n - 1
        if isinstance(peaks, list) and len(peaks) == size.bit_count():
            self._frontier = Frontier(size, tuple(bytes.fromhex(str(peak)) for peak in peaks))

    def _write(self, kind: str, body: dict[str, Any]) -> None:
        if self._end >= self._file_bytes:
            os.fsync(self._file)
            self._number += 1
            self._attach()
            self._put(CONTINUED, {"peaks": [peak.hex() for peak in self._frontier.peaks]})
        self._put(kind, body)

    def _put(self, kind: str, body: dict[str, Any]) -> None:
        stored = write_entry(Entry(n=self._frontier.size + 1, at=self._now(), kind=kind, body=body))
        chain = next_hash(self._chain, stored)
        raw = frame(stored, chain)
        try:
            written = os.write(self._file, raw)
        except OSError as error:
            self._break(str(error))
            raise ChainBroken(self._problem) from error
        if written != len(raw):
            self._break("the disk took a part of a record")
            raise ChainBroken(self._problem)
        self._end += len(raw)
        self._chain = chain
        self._frontier = self._frontier.plus(leaf_hash(stored))

    def _flush(self, number: int) -> None:
        with self._flush_lock:
            if self._flushed >= number:
                return
            with self._lock:
                if self._problem:
                    raise ChainBroken(self._problem)
                handle, reached = os.dup(self._file), self._frontier.size  # ours, should the file be left meanwhile
            try:
                os.fsync(handle)
            except OSError as error:
                self._break(str(error))
                raise ChainBroken(self._problem) from error
            finally:
                os.close(handle)
            self._flushed = reached

    def _break(self, why: str) -> None:
        self._problem = f"the audit chain cannot be written: {why}"


class _Locked:
    """Holds the lock file for the length of a block."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __enter__(self) -> None:
        if self._handle < 0:
            raise ChainBroken("the chain is closed")
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._handle, fcntl.LOCK_UN)


def chain_files(folder: Path) -> list[Path]:
    """The chain's files in their order."""
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def stored_lines(folder: Path) -> Iterator[bytes]:
    """Every stored line without its newline, over all files; what is behind the last newline of a file, too."""
    for path in chain_files(folder):
        with path.open("rb") as lines:
            for raw in lines:
                yield raw.removesuffix(b"\n")


def torn_tail(folder: Path) -> int:
    """Bytes behind the last newline of the last file: a record that a power cut tore, or a cut by somebody."""
    files = chain_files(folder)
    if not files:
        return 0
    raw = files[-1].read_bytes()
    return len(raw) - (raw.rfind(b"\n") + 1)


def _number_of(path: Path) -> int:
    return int(path.name[6:14])
