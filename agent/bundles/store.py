"""Bundles in the state folder. One folder each, by the digest of the request that had it collected.

    bundles/DIGEST/record.json       what it is and where it stands
    bundles/DIGEST/bundle.tar.zst    redacted; gone once it was dropped or sent

Agent and local commands change records; the lock keeps them from each other. A record changes in one step, and
what it speaks of is on the disk before it: after a crash the record is never ahead of the files.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from agent.bundles.state import FINAL, BundleState, Step, advance
from agent.durable import make_private_folder, write_durably

FOLDER_NAME: Final = "bundles"
KEPT: Final = 20  # records of bundles whose way is over
WAITING: Final = 10  # bundles that may wait here at a time: 50 MB each
_RECORD: Final = "record.json"
_CONTENT: Final = "bundle.tar.zst"
_LOCK: Final = "lock"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One bundle. `sha256` and `size` (bytes) are those of the redacted file; `position`: bytes that were taken."""

    digest: str
    ticket: str = ""
    state: BundleState = BundleState.COLLECTED
    sha256: str = ""
    size: int = 0
    position: int = 0
    problem: str = ""
    told: str = ""  # what the executor was told last


class NoBundle(Exception):
    """No such bundle is here, or its record cannot be read."""


class BundleStore:
    """The folder."""

    def __init__(self, state: Path) -> None:
        self.folder = state / FOLDER_NAME

    def add(self, digest: str, ticket: str) -> bool:
        """Note a bundle that the executor has; False when it is known. When too many wait it has failed at once."""
        with self._locked():
            if self._path(digest).exists():
                return False
            record = Record(digest=digest, ticket=ticket)
            if sum(each.state not in FINAL for each in self.records()) >= WAITING:
                problem = f"{WAITING} bundles wait on this server already"
                record = Record(digest=digest, ticket=ticket, state=BundleState.FAILED, problem=problem)
            make_private_folder(self._path(digest).parent)
            self._write(record)
            self._make_room()
        return True

    def records(self) -> list[Record]:
        """All bundles, in the order of their digests."""
        found = []
        for path in sorted(self.folder.glob(f"*/{_RECORD}")):
            with contextlib.suppress(NoBundle):
                found.append(self.record(path.parent.name))
        return found

    def record(self, digest: str) -> Record:
        """One bundle."""
        try:
            return msgspec.json.decode(self._path(digest).read_bytes(), type=Record)
        except (OSError, msgspec.DecodeError) as error:
            raise NoBundle(f"no bundle {digest} is here") from error

    def step(self, digest: str, step: Step, **change: str | int) -> Record:
        """Change a record by the table; `IllegalStep` changes nothing. What is over loses its file."""
        with self._locked():
            old = self.record(digest)
            new = msgspec.structs.replace(old, state=advance(old.state, step), **change)
            self._write(new)
            if new.state in FINAL:
                self.content(digest).unlink(missing_ok=True)
        return new

    def note_told(self, digest: str, what: str) -> Record:
        """The executor was told."""
        with self._locked():
            record = msgspec.structs.replace(self.record(digest), told=what)
            self._write(record)
        return record

    def content(self, digest: str) -> Path:
        """Where the redacted bundle lies."""
        return self._path(digest).with_name(_CONTENT)

    def _write(self, record: Record) -> None:
        write_durably(self._path(record.digest), msgspec.json.encode(record))

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise NoBundle(f"{digest} is no digest")
        return self.folder / digest / _RECORD

    def _make_room(self) -> None:
        over = [self._path(record.digest) for record in self.records() if record.state in FINAL]
        for path in sorted(over, key=lambda each: each.stat().st_mtime_ns)[:-KEPT]:
            shutil.rmtree(path.parent)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        make_private_folder(self.folder)
        with (self.folder / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
