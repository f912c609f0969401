"""Which chunk lies where: a SQLite file on the host, filled from the target's index objects.

It is a cache: it may be lost, and is made again when it is damaged. What it holds follows the target: at
each opening, what came from index objects that are gone is dropped, and new ones are read. So a host that
was asleep while the receiver forgot snapshots never relies on a chunk that is not there any more.
Millions of chunks cost disk, not memory.

A check writes down here which packs are lost: gone, or not as they were written. What lies only in a lost
pack is not there for a save, which therefore stores it again; its id stays the same, so the snapshots that
were hurt by the loss are whole again by that. Reading still tries a lost pack when there is no other.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remediation.backup.engines.archive.format import ChunkPlace, PackIndex

VERSION: Final = 1
CACHE_KIB: Final = 16_384
PLACES_MAX: Final = 8
_TABLES: Final = f"""
    CREATE TABLE IF NOT EXISTS packs
      (no INTEGER PRIMARY KEY, name TEXT NOT NULL, salt BLOB NOT NULL, size INTEGER NOT NULL, source TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS packs_source ON packs (source);
    CREATE INDEX IF NOT EXISTS packs_name ON packs (name);
    CREATE TABLE IF NOT EXISTS lost (name TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sources (name TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS chunks
      (id BLOB NOT NULL, pack INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, raw INTEGER NOT NULL,
       PRIMARY KEY (id, pack)) WITHOUT ROWID;
    PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True)
class Place:
    """Where a chunk is."""

    pack: str
    salt: bytes
    start: int
    length: int
    raw: int


class Index:
    """The chunks of one repository. May be used by several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            self._base = _opened(path)
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            self._base = _opened(path)
        self._lost: set[int] = set()
        self._look()

    def sources(self) -> set[str]:
        """The index objects that were read."""
        with self._lock:
            return {name for (name,) in self._base.execute("SELECT name FROM sources")}

    def drop(self, sources: Iterable[str]) -> None:
        """Forget what came from these."""
        with self._lock, self._base:
            for source in sources:
                self._base.execute(
                    "DELETE FROM chunks WHERE pack IN (SELECT no FROM packs WHERE source = ?)", (source,)
                )
                self._base.execute("DELETE FROM packs WHERE source = ?", (source,))
                self._base.execute("DELETE FROM sources WHERE name = ?", (source,))
        self._look()

    def add(self, source: str, packs: Iterable[PackIndex]) -> None:
        """Take over an index object."""
        with self._lock, self._base:
            self._base.execute("INSERT OR IGNORE INTO sources VALUES (?)", (source,))
            for pack in packs:
                row = (pack.name, pack.salt, pack.size, source)
                no = self._base.execute("INSERT INTO packs (name, salt, size, source) VALUES (?, ?, ?, ?)", row)
                chunks = ((place.id, no.lastrowid, place.offset, place.length, place.raw) for place in pack.chunks)
                self._base.executemany("INSERT OR IGNORE INTO chunks VALUES (?, ?, ?, ?, ?)", chunks)
        self._look()

    def mark(self, pack: str, *, is_lost: bool) -> None:
        """Write down whether a pack, by its name, is lost."""
        sql = "INSERT OR IGNORE INTO lost VALUES (?)" if is_lost else "DELETE FROM lost WHERE name = ?"
        with self._lock, self._base:
            self._base.execute(sql, (pack,))
        self._look()

    def is_lost(self, pack: int) -> bool:
        """Whether this pack, by its number, was found lost."""
        return pack in self._lost

    def needs(self, pack: int) -> int:
        """How many chunks of a pack are in no pack that is not lost."""
        return sum(not self.has(place.id, beside=pack) for place in self.chunks_of(pack))

    def has(self, id_: bytes, *, beside: int | None = None) -> bool:
        """Whether a chunk is at the target, in a pack that is not lost (and not the one `beside`)."""
        with self._lock:
            if not self._lost and beside is None:
                return self._base.execute("SELECT 1 FROM chunks WHERE id = ?", (id_,)).fetchone() is not None
            found = self._base.execute("SELECT pack FROM chunks WHERE id = ?", (id_,)).fetchall()
        return any(pack not in self._lost and pack != beside for (pack,) in found)

    def places(self, id_: bytes) -> list[Place]:
        """Where a chunk is: rather in a pack that is not lost. Empty: nobody knows."""
        sql = (
            "SELECT name, salt, start, length, raw FROM chunks JOIN packs ON packs.no = chunks.pack"
            " WHERE id = ? ORDER BY name IN (SELECT name FROM lost) LIMIT ?"
        )
        with self._lock:
            return [Place(*row) for row in self._base.execute(sql, (id_, PLACES_MAX))]

    def packs(self) -> list[tuple[int, str, bytes, int]]:
        """Number, name, salt and size of every pack, by name; once, also when two index objects name it."""
        with self._lock:
            return self._base.execute(
                "SELECT min(no), name, salt, size FROM packs GROUP BY name ORDER BY name"
            ).fetchall()

    def chunks_of(self, pack: int) -> list[ChunkPlace]:
        """What is in a pack, by its number, in the order of the pack."""
        with self._lock:
            rows = self._base.execute(
                "SELECT id, start, length, raw FROM chunks WHERE pack = ? ORDER BY start", (pack,)
            ).fetchall()
        return [ChunkPlace(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def _look(self) -> None:
        """Take the numbers of the lost packs: asked for every chunk, and nearly always none."""
        with self._lock:
            found = self._base.execute("SELECT no FROM packs WHERE name IN (SELECT name FROM lost)").fetchall()
        self._lost = {no for (no,) in found}


def _opened(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, check_same_thread=False, timeout=60)
    try:
        _must_be_ours(base)
        base.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")  # a cache: what a power cut takes is read again
        base.executescript(_TABLES)
    except sqlite3.DatabaseError:
        with contextlib.suppress(sqlite3.Error):
            base.close()
        raise
    return base


def _must_be_ours(base: sqlite3.Connection) -> None:
    if base.execute("PRAGMA user_version").fetchone()[0] not in {0, VERSION}:
        raise sqlite3.DatabaseError("of another version")
