"""Which waiting records the next batch takes: urgent and new ones first, one owner's always in their order.

After an outage of days a fresh fault of level 1 must not stand behind all that waited before it. So events leave
by level, and the newest of a level first. But a fault and its clearing must not change places, so an event
takes along everything of its owner (`folding.owner_of`) that waited before it. What a batch holds of one owner is
therefore always the front of that owner's queue, and inside a batch records stand as they came.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from agent.spool.folding import Rank
from wire.messages import Event, Evidence, Record

Row = tuple[int, int, int, bytes]  # id, rank, size, record

PROOFS: Final = "\x1fproofs"  # owners of what has the rank of events and is none
EVIDENCE: Final = "\x1fevidence"
LAST: Final = 9  # behind every event: evidence is of no use before its event

_COLUMNS: Final = "SELECT id, rank, size, record FROM waiting"


def urgency_of(record: Record) -> int:
    """The place among records of one rank: the level of an event, 1 is the most urgent."""
    if isinstance(record, Event):
        return record.level
    return LAST if isinstance(record, Evidence) else 1


def queue_of(record: Record) -> str:
    """The queue that a record without an owner stands in."""
    return EVIDENCE if isinstance(record, Evidence) else PROOFS


def next_rows(sql: sqlite3.Connection, limit: int) -> list[Row]:
    """Up to `limit` waiting rows, the ones to leave first at the front."""
    rows = sql.execute(f"{_COLUMNS} WHERE rank<? ORDER BY rank, id LIMIT ?", (Rank.EVENT, limit)).fetchall()
    rows += _events(sql, limit - len(rows))
    left = limit - len(rows)
    rows += sql.execute(f"{_COLUMNS} WHERE rank>? ORDER BY rank, id LIMIT ?", (Rank.EVENT, left)).fetchall()
    return rows


def as_they_came(row: Row) -> tuple[int, int]:
    """The key that sorts the rows of one batch."""
    return row[1], row[0]


def _events(sql: sqlite3.Connection, limit: int) -> list[Row]:
    rows: list[Row] = []
    taken: dict[str, int] = {}  # of each owner, the highest id so far
    candidates = sql.execute("SELECT id, owner FROM waiting WHERE rank=1 ORDER BY level, id DESC")
    while len(rows) < limit and (found := candidates.fetchone()) is not None:
        upto, owner = found
        after = taken.get(owner, 0)
        if upto > after:
            rows += _front(sql, owner, after, upto, limit - len(rows))
            taken[owner] = upto
    return rows


def _front(sql: sqlite3.Connection, owner: str, after: int, upto: int, limit: int) -> list[Any]:
    query = f"{_COLUMNS} WHERE rank=1 AND owner=? AND id>? AND id<=? ORDER BY id LIMIT ?"
    return sql.execute(query, (owner, after, upto, limit)).fetchall()
