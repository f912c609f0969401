"""What was saved, restored and proven on this host: an append-only hash chain, as the audit chain is one.

The chain belongs to the account that runs backups; `audit verify --folder` checks a copy of it. It is
the only memory of the scheduler: what is due follows from it (`plan.py`), and nothing else is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from remediation.audit.chain import AuditChain, ChainBroken, stored_lines
from remediation.audit.lines import read_line
from remediation.backup.errors import TargetRefused
from remediation.backup.plan import Drilled, History
from wire.documents.backups import Act, Deed
from wire.sentence import sentence

FOLDER_NAME: Final = "journal"
BEGUN: Final = "backup_journal"
DEED: Final = "backup"
_ID_CHARS: Final = 16


class Journal:
    """One journal, open for appending."""

    def __init__(self, state: Path, now: Callable[[], datetime]) -> None:
        self.folder = state / FOLDER_NAME
        try:
            self._chain = AuditChain(self.folder, now)
            if next(stored_lines(self.folder), None) is None:
                self._chain.append(BEGUN, {})
        except (ChainBroken, OSError) as error:
            raise _unusable(self.folder, error) from error
        first = next(stored_lines(self.folder))
        line = read_line(first.rstrip(b"\n"))
        self.id = hashlib.sha256(first).hexdigest()[:_ID_CHARS]
        self.since = line.entry.at if line else now()

    def write(self, deed: Deed) -> int:
        """Store a deed durably; its number."""
        try:
            return self._chain.append(DEED, msgspec.to_builtins(deed))
        except (ChainBroken, OSError) as error:
            raise _unusable(self.folder, error) from error

    def deeds(self) -> Iterator[tuple[int, Deed]]:
        """Every deed with its number, oldest first."""
        for line in self._chain.read():
            if line.entry.kind == DEED:
                yield line.entry.n, msgspec.convert(line.entry.body, Deed)

    def history(self) -> History:
        """What the scheduler has to know."""
        return history_of(deed for _, deed in self.deeds())

    def close(self) -> None:
        """Close the files."""
        self._chain.close()


def history_of(deeds: Iterable[Deed]) -> History:
    """What these deeds, oldest first, come to."""
    good_at, tried_at, failed = None, None, False
    drills: dict[int, Drilled] = {}
    for deed in deeds:
        if deed.act is Act.BACKUP:
            tried_at, failed = deed.started_at, not deed.is_good
            good_at = deed.started_at if deed.is_good else good_at
        elif deed.act is Act.DRILL and deed.level is not None:
            before = drills.get(deed.level)
            proven_at = deed.ended_at if deed.is_good else (before.proven_at if before else None)
            drills[deed.level] = Drilled(
                deed.ended_at, is_proven=deed.is_good, part=deed.counts.get("part", 0), proven_at=proven_at
            )
    return History(good_at, tried_at, failed, drills)


def _unusable(folder: Path, error: Exception) -> TargetRefused:
    return TargetRefused(sentence("the backup journal {path} cannot be used: {problem}", path=folder, problem=error))
