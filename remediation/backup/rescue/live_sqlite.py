"""Bringing a SQLite file back: beside the live one, and in its place only when nobody has it open.

The copy gets owner and mode of the live file, is checked, counted and made durable, and takes its place by
one rename while this process holds the only lock. The former file is kept under another name, with
everything that stood in its WAL.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remediation.backup.errors import RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.rescue.preview import BroughtBack, Preview, names, refuse_other_counts, refuse_without_consent
from remediation.backup.scratch.bench import refuse_damaged, unusable
from remediation.backup.sources.sqlite import COPY, count_rows, find_faults, open_reading
from wire.sentence import sentence

NAME_BYTES: Final = 200
_BESIDE: Final = ("-wal", "-shm", "-journal")
_PROC: Final = Path("/proc")


@dataclass(frozen=True)
class LiveSqlite:
    """A live file."""

    path: Path

    def preview(self, facts: DatabaseFacts, mark: str) -> Preview:
        """What would be done. Nothing is. The database's name is the file's."""
        beside, kept = names(self.path.name, mark, NAME_BYTES)
        is_there = self.path.exists()
        now: dict[str, int] = {}
        if is_there:
            with _told(), contextlib.closing(open_reading(self.path)) as connection:
                now = count_rows(connection)
        return Preview(
            database=self.path.name, is_there=is_there, now=now, then=facts.tables, beside=beside, kept=kept,
            users=_users(self.path),
        )  # fmt: skip

    def bring_back(
        self, facts: DatabaseFacts, dump: Path, mark: str, consent: str, *, swap: bool = False
    ) -> BroughtBack:
        """Put it beside the live file; with `swap` it takes its place."""
        preview = self.preview(facts, mark)
        refuse_without_consent(preview, consent, swap=swap)
        refuse_damaged(facts, dump)
        beside = self.path.with_name(preview.beside)
        with _told():
            tables = self._copy(facts, dump / COPY, beside)
            if not swap:
                return BroughtBack(database=preview.beside, kept="", tables=tables)
            try:
                self._replace(beside, self.path.with_name(preview.kept))
            finally:
                beside.unlink(missing_ok=True)
        return BroughtBack(database=preview.database, kept=preview.kept, tables=tables)

    def _copy(self, facts: DatabaseFacts, dump: Path, beside: Path) -> dict[str, int]:
        if beside.exists():
            raise RestoreRefused(sentence("{path} is there already", path=beside))
        is_good = False
        try:
            shutil.copyfile(dump, beside)
            if self.path.exists():
                live = self.path.stat()
                os.chown(beside, live.st_uid, live.st_gid)
                beside.chmod(live.st_mode & 0o7777)
            with contextlib.closing(open_reading(beside)) as connection:
                if faults := find_faults(connection):
                    raise unusable(facts.name, faults[0])
                tables = count_rows(connection)
            refuse_other_counts(facts, tables)
            _make_durable(beside)
            is_good = True
        finally:
            if not is_good:
                beside.unlink(missing_ok=True)
        return tables

    def _replace(self, beside: Path, kept: Path) -> None:
        with contextlib.closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as live:
            live.execute("PRAGMA locking_mode = EXCLUSIVE")
            live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            live.execute("PRAGMA journal_mode = DELETE")
            live.execute("BEGIN EXCLUSIVE")
            os.link(self.path, kept)
            beside.replace(self.path)
            _make_durable(self.path.parent)
        for ending in _BESIDE:
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)


def _users(path: Path) -> int:
    """Processes that have the file open, as far as this account may see them."""
    wanted = path.resolve()
    found = set()
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                found |= {entry.name for link in (entry / "fd").iterdir() if _leads_to(link, wanted)}
    return len(found)


def _leads_to(link: Path, wanted: Path) -> bool:
    with contextlib.suppress(OSError):
        return link.readlink() == wanted
    return False


def _make_durable(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise RestoreRefused(sentence("the database refuses: {problem}", problem=str(error))) from error
