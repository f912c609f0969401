"""Evidence that stays on this host until the customer releases it: `redaction: {hold_evidence: true}`.

An event then leaves with its code, its counts and tokens for its identity, but without lines and fields. These
lie here, redacted like everything that is stored, in one SQLite file beside the spool:

1. the lines are stored here before the event goes to the spool, so that a crash between the two loses neither
   (the event is read again, and has the same id);
2. somebody releases them (`sitewarden-agent evidence release`), which only marks them;
3. the agent deposits what is marked as an addition to the event, and then forgets it here. A crash in between
   sends it twice, which the collector takes for the same.

The room is bounded: the oldest goes first. Every use opens the file anew, because a command of another process
may use it in between.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.durable import PRIVATE_FILE
from agent.spool.port import SpoolFull
from wire.messages import Event, Evidence, decode_record, encode_record

FILE_NAME: Final = "evidence.db"
HELD_BYTES: Final = 64_000_000
HELD_EVENTS: Final = 10_000
RELEASED_AT_ONCE: Final = 50
BUSY_S: Final = 5.0

_TABLE: Final = """CREATE TABLE IF NOT EXISTS held (
  id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, occurred_at TEXT NOT NULL, module TEXT NOT NULL,
  code TEXT NOT NULL, source TEXT NOT NULL, count INTEGER NOT NULL, record BLOB NOT NULL, released INTEGER NOT NULL
)"""
_ROW: Final = "event_id, occurred_at, module, code, source, count, released, record"


@dataclass(frozen=True)
class Held:
    """One event whose evidence is here."""

    event_id: str
    occurred_at: str  # ISO, with a zone
    module: str
    code: str
    source: str
    count: int
    is_released: bool
    evidence: Evidence


class EvidenceBroken(Exception):
    """The file is there and cannot be used."""


class EvidenceStore:
    """The file in a state folder; it appears with the first evidence that is held."""

    def __init__(self, state: Path) -> None:
        self.path = state / FILE_NAME
        self._quiet: tuple[int, int] | None = None  # how the file looked when nothing was released

    def hold(self, events: Sequence[Event]) -> None:
        """Keep the lines and fields of these events; `SpoolFull` when there is no room on the disk."""
        rows = [(_number(event), encode_record(evidence_of(event))) for event in events]
        try:
            with self._opened(makes=True) as sql:
                sql.executemany(
                    "INSERT INTO held (event_id, occurred_at, module, code, source, count, record, released)"
                    " VALUES (?,?,?,?,?,?,?,0) ON CONFLICT (event_id) DO UPDATE SET record=excluded.record",
                    [(*number, record) for number, record in rows],
                )
                _make_room(sql)
        except EvidenceBroken as broken:
            raise SpoolFull(f"evidence cannot be held: {broken}") from broken

    def held(self) -> list[Held]:
        """Everything that is here, the newest first; empty where nothing was ever held."""
        if not self.path.exists():
            return []
        with self._opened() as sql:
            return [_held(row) for row in sql.execute(f"SELECT {_ROW} FROM held ORDER BY id DESC")]  # noqa: S608  # fixed names

    def release(self, event_ids: Sequence[str]) -> None:
        """Mark these to be sent."""
        with self._opened() as sql:
            sql.executemany("UPDATE held SET released=1 WHERE event_id=?", [(event_id,) for event_id in event_ids])

    def drop(self, event_ids: Sequence[str]) -> None:
        """Forget these."""
        with self._opened() as sql:
            sql.executemany("DELETE FROM held WHERE event_id=?", [(event_id,) for event_id in event_ids])

    def released(self) -> list[Evidence]:
        """Some of what is marked, the oldest first; costs one look at the file while nothing changes there."""
        look = self._look()
        if look is None or look == self._quiet:
            return []
        with self._opened() as sql:
            query = f"SELECT {_ROW} FROM held WHERE released=1 ORDER BY id LIMIT ?"  # noqa: S608  # fixed names
            found = [_held(row).evidence for row in sql.execute(query, (RELEASED_AT_ONCE,))]
        self._quiet = None if found else look
        return found

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_size

    @contextlib.contextmanager
    def _opened(self, *, makes: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(self._connect(makes=makes)) as sql, sql:
                yield sql
        except sqlite3.Error as error:
            raise EvidenceBroken(f"{self.path}: {error}") from error

    def _connect(self, *, makes: bool) -> sqlite3.Connection:
        is_new = makes and not self.path.exists()
        sql = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={'rwc' if makes else 'rw'}", timeout=BUSY_S, uri=True
        )
        if is_new:
            sql.execute(_TABLE)
            self.path.chmod(PRIVATE_FILE)
        return sql


def evidence_of(event: Event) -> Evidence:
    """What an event tells beside its code, counts and identity."""
    return Evidence(
        event_id=event.event_id,
        fields=event.fields,
        text=event.text,
        samples=event.samples,
        before=event.before,
        after=event.after,
    )


def _make_room(sql: sqlite3.Connection) -> None:
    """Drop the oldest beyond the limits."""
    sql.execute("DELETE FROM held WHERE id <= (SELECT MAX(id) FROM held) - ?", (HELD_EVENTS,))
    total = 0
    for row_id, size in sql.execute("SELECT id, LENGTH(record) FROM held ORDER BY id DESC"):
        total += size
        if total > HELD_BYTES:
            sql.execute("DELETE FROM held WHERE id <= ?", (row_id,))
            return


def _number(event: Event) -> tuple[str, str, str, str, str, int]:
    at = event.occurred_at.isoformat(timespec="milliseconds")
    return event.event_id, at, event.module, event.code, event.source, event.count


def _held(row: tuple[Any, ...]) -> Held:
    event_id, occurred_at, module, code, source, count, released, raw = row
    evidence = decode_record(raw)
    if not isinstance(evidence, Evidence):
        raise EvidenceBroken("a row holds no evidence")
    return Held(event_id, occurred_at, module, code, source, count, bool(released), evidence)
