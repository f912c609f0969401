"""The durable record of one attempt: which state was entered, in order, and what has to be known to go back.

One line a record: eight hexadecimal digits of CRC-32, a space, JSON. A record is on the disk before the step that it
announces begins. A crash can tear the last line only; what is torn was never announced, and is cut off when
the journal is opened again. Damage anywhere else is refused: nobody may guess how far a patch came.

One writer at a time: the file is locked as long as it is open.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from remediation.durable import PRIVATE_FILE, flush_folder
from remediation.patch.errors import PatchRefused
from remediation.patch.state import PatchState
from wire.fields import Time
from wire.sentence import sentence

JOURNAL_BYTES: Final = 64_000_000
CRC_CHARS: Final = 8


class Record(Struct, frozen=True, kw_only=True):
    """One state that was entered. `body` holds what the way back, or the way on, needs."""

    n: int
    at: Time
    state: PatchState
    body: dict[str, Any] = {}


class JournalDamaged(Exception):
    """A whole record cannot be read."""


class Journal:
    """The journal of one attempt, open for writing."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        """Open or make it; `PatchRefused` when somebody else has it open, `JournalDamaged`."""
        self.path = path
        self._now = now
        is_new = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_APPEND, PRIVATE_FILE)
        try:
            _lock(self._file)
            if is_new:
                flush_folder(path.parent)
            self.records, whole = read_records(_content(self._file))
            if whole != os.fstat(self._file).st_size:
                os.ftruncate(self._file, whole)
                os.fsync(self._file)
        except BaseException:
            os.close(self._file)
            raise

    @property
    def state(self) -> PatchState | None:
        """The newest state; None before the first."""
        return self.records[-1].state if self.records else None

    def enter(self, state: PatchState, body: Mapping[str, Any] | None = None) -> Record:
        """Record durably that `state` begins."""
        record = Record(n=len(self.records) + 1, at=self._now(), state=state, body=dict(body or {}))
        line = record_line(record)
        if os.write(self._file, line) != len(line):
            raise OSError(f"{self.path} was not written whole")
        os.fdatasync(self._file)
        self.records.append(record)
        return record

    def find(self, state: PatchState) -> Record | None:
        """The newest record of this state."""
        return next((record for record in reversed(self.records) if record.state is state), None)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)


def record_line(record: Record) -> bytes:
    """As it stands in the file."""
    body = msgspec.json.encode(record)
    return b"%08x %s\n" % (zlib.crc32(body), body)


def read_records(content: bytes) -> tuple[list[Record], int]:
    """Every whole record, and how many bytes they take; `JournalDamaged` for damage that is no torn end."""
    records: list[Record] = []
    whole = 0
    for line in content.splitlines(keepends=True):
        record = _read(line)
        if record is None or record.n != len(records) + 1:
            if not line.endswith(b"\n"):
                break  # only the last line can be so: torn by a crash
            raise JournalDamaged(f"record {len(records) + 1} cannot be read")
        records.append(record)
        whole += len(line)
    return records, whole


def _read(line: bytes) -> Record | None:
    checksum, _, body = line.partition(b" ")
    if not body.endswith(b"\n") or len(checksum) != CRC_CHARS:
        return None
    body = body[:-1]
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        return msgspec.json.decode(body, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _lock(file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise PatchRefused(sentence("a patch is being applied or taken back here already")) from error


def _content(file: int) -> bytes:
    size = os.fstat(file).st_size
    if size > JOURNAL_BYTES:
        raise JournalDamaged("the journal is too large")
    return os.pread(file, size, 0)
