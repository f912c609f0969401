"""Storing one deposit inside a transaction: folding, making room, positions, levels."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from agent.spool.folding import (
    Rank,
    event_key,
    fold_events,
    fold_gaps,
    fold_run,
    fold_unknowns,
    gap_key,
    overflow_of,
    owner_of,
    rank_of,
    unknown_key,
)
from agent.spool.order import queue_of, urgency_of
from agent.spool.port import Cursor, Deposit, SpoolFull
from agent.spool.schema import KEPT_SLOTS
from agent.spool.thinning import SLOTS_S, surplus
from agent.spool.usage import GAP_ROWS, HEALTH_KEPT_ROWS, HEALTH_ROWS, ROW_BYTES, UNKNOWN_ROWS, Usage
from wire.catalogue.reading import HOST_PRODUCT
from wire.messages import Event, Gap, GapCause, Health, Record, UnknownError, decode_record, encode_record

HEALTH_SOURCE = "health"
CURSORS = (
    "SELECT source, path, device, inode, head_hash, head_bytes, generation, position, line_number, history_until"
    " FROM cursor WHERE source=?"
)


class Intake:
    """One deposit's way into the tables; made for one transaction, `usage` is the result."""

    def __init__(self, sql: sqlite3.Connection, usage: Usage, *, room: int) -> None:
        self._sql = sql
        self.usage = usage
        self._room = room

    def store(self, deposit: Deposit) -> list[str]:
        """Store everything; gives the fold keys of its events. `SpoolFull` when it does not fit."""
        before = self.usage.total_bytes
        keys = [self._store_event(event) for event in fold_run(deposit.events)]
        for gap in deposit.gaps:
            self.store_gap(gap)
        for error in deposit.unknowns:
            self._store_unknown(error)
        for record in (*deposit.proofs, *deposit.evidence, *deposit.software):
            self._insert(record)
        self._store_latest(deposit)
        self._store_positions(deposit)
        if self.usage.total_bytes > max(self._room, before) or self.usage.health_rows > HEALTH_ROWS:
            self._make_room(before)
        return keys

    def _store_event(self, event: Event) -> str:
        key, owner = event_key(event), owner_of(event)
        self._sql.execute(
            "UPDATE waiting SET fold=NULL WHERE owner=? AND status<>? AND fold IS NOT NULL",
            (owner, event.status.value),
        )
        row = self._sql.execute("SELECT id, record, size FROM waiting WHERE fold=?", (key,)).fetchone()
        if row is None:
            self._insert(event, fold=key, owner=owner, status=event.status.value)
            return key
        old = decode_record(row[1])
        if isinstance(old, Event):
            self._replace(row[0], row[2], fold_events(old, event))
        return key

    def _store_unknown(self, error: UnknownError) -> None:
        """Fold it with its like that waits; beyond `UNKNOWN_ROWS` templates it is only counted."""
        if self._fold_unknown(error):
            return
        if self.usage.unknown_rows >= UNKNOWN_ROWS:
            error = overflow_of(error)
            if self._fold_unknown(error):
                return
        self._insert(error, fold=unknown_key(error))

    def _fold_unknown(self, error: UnknownError) -> bool:
        row = self._sql.execute("SELECT id, record, size FROM waiting WHERE fold=?", (unknown_key(error),)).fetchone()
        old = decode_record(row[1]) if row else None
        if not isinstance(old, UnknownError):
            return False
        self._replace(row[0], row[2], fold_unknowns(old, error))
        return True

    def _drop_unknowns(self) -> None:
        """Keep of every waiting unknown error only that it was there, and how often."""
        rows = self._sql.execute("SELECT record FROM waiting WHERE rank=?", (Rank.UNKNOWN,)).fetchall()
        self._remove("SELECT id, rank, size FROM waiting WHERE rank=?", (Rank.UNKNOWN,))
        for (raw,) in rows:
            error = decode_record(raw)
            if isinstance(error, UnknownError) and not self._fold_unknown(overflow_of(error)):
                self._insert(overflow_of(error), fold=unknown_key(overflow_of(error)))

    def store_gap(self, gap: Gap) -> None:
        """Store a gap: by itself while few wait, folded with its like when many do."""
        key = gap_key(gap)
        if self.usage.gap_rows >= GAP_ROWS or gap.cause is GapCause.SPOOL_FULL:
            row = self._sql.execute("SELECT id, record, size FROM waiting WHERE fold=?", (key,)).fetchone()
            old = decode_record(row[1]) if row else None
            if isinstance(old, Gap):
                self._replace(row[0], row[2], fold_gaps(old, gap))
                return
        self._sql.execute("UPDATE waiting SET fold=NULL WHERE fold=?", (key,))  # one row a key can be found
        self._insert(gap, fold=key)
        self._sql.execute("INSERT INTO meta VALUES ('gaps', '1') ON CONFLICT (key) DO UPDATE SET value=value+1")

    def _store_latest(self, deposit: Deposit) -> None:
        if deposit.inventory is not None:
            self._remove("SELECT id, rank, size FROM waiting WHERE rank=?", (Rank.INVENTORY,))
            self._insert(deposit.inventory)
        if deposit.health is not None:
            self._insert(deposit.health)
        if deposit.ending is not None:
            self._insert(deposit.ending)

    def _store_positions(self, deposit: Deposit) -> None:
        self._sql.executemany(
            "DELETE FROM cursor WHERE source=? AND device=? AND inode=? AND head_hash=?",
            [(gone.source, gone.device, gone.inode, gone.head_hash) for gone in deposit.forgotten],
        )
        self._sql.executemany(
            "INSERT OR REPLACE INTO cursor (source, path, device, inode, head_hash, head_bytes, generation, position,"
            " line_number, history_until) VALUES (?,?,?,?,?,?,?,?,?,?)",
            [tuple(vars(cursor).values()) for cursor in deposit.cursors],
        )
        self._sql.executemany(
            "INSERT OR REPLACE INTO level (key, state) VALUES (?,?)", [tuple(level) for level in deposit.levels]
        )
        self._sql.execute("DELETE FROM level WHERE state=''")
        for series, slot, peak in deposit.history:
            self._sql.execute("INSERT OR REPLACE INTO history VALUES (?,?,?)", (series, slot, peak))
            old = (series, slot - KEPT_SLOTS)
            self._sql.execute("DELETE FROM history WHERE series=? AND slot<=?", old)

    def _make_room(self, before: int) -> None:
        """Give up what is a luxury first: kept acked batches, unknown errors, old health samples; else refuse."""
        if self.usage.health_rows > HEALTH_ROWS:
            self._thin_health()
        for sequence, size in self._sql.execute(
            "SELECT sequence, size FROM batch WHERE acked_at IS NOT NULL ORDER BY sequence"
        ).fetchall():
            if self.usage.total_bytes <= self._room:
                return
            self._sql.execute("DELETE FROM batch WHERE sequence=?", (sequence,))
            self.usage = self.usage.plus(kept_bytes=-size)
        if self.usage.total_bytes > self._room and self.usage.unknown_rows:
            self._drop_unknowns()
        if self.usage.total_bytes > self._room:
            self._thin_health()
        while self.usage.total_bytes > self._room and self.usage.health_rows > 1:
            self._drop_health(min(60, self.usage.health_rows - 1))
        if self.usage.total_bytes > max(self._room, before):
            raise SpoolFull(f"{self.usage.total_bytes} of {self._room} bytes are in use")

    def _thin_health(self) -> None:
        """Keep ever fewer of the old samples, and drop the oldest only when that is not enough."""
        for slot_s in SLOTS_S:
            rows = self._health()
            self._give_up([rows[at] for at in surplus([row[1].sampled_at for row in rows], slot_s)], thinned=True)
            if self.usage.health_rows <= HEALTH_KEPT_ROWS:
                return
        self._drop_health(self.usage.health_rows - HEALTH_KEPT_ROWS)

    def _drop_health(self, count: int) -> None:
        self._give_up(self._health()[:count], thinned=False)

    def _health(self) -> list[tuple[tuple[int, int, int], Health]]:
        found = self._sql.execute("SELECT id, rank, size, record FROM waiting WHERE rank=? ORDER BY id", (Rank.HEALTH,))
        return [(row[:3], sample) for row in found if isinstance(sample := decode_record(row[3]), Health)]

    def _give_up(self, rows: Sequence[tuple[tuple[int, int, int], Health]], *, thinned: bool) -> None:
        if rows:
            self.take_out(row for row, _ in rows)
            self.store_gap(_health_gap([sample.sampled_at for _, sample in rows], thinned=thinned))

    def take_out(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Delete waiting rows, given as id, rank and size."""
        for row_id, rank, size in rows:
            self._sql.execute("DELETE FROM waiting WHERE id=?", (row_id,))
            self._count(rank, rows=-1, size=-size)

    def _remove(self, query: str, values: Sequence[object]) -> None:
        self.take_out(self._sql.execute(query, values).fetchall())

    def _insert(self, record: Record, *, fold: str | None = None, owner: str | None = None, status: str = "") -> None:
        raw, rank = encode_record(record), rank_of(record)
        size = len(raw) + ROW_BYTES
        if rank is Rank.EVENT and owner is None:
            owner = queue_of(record)
        self._sql.execute(
            "INSERT INTO waiting (rank, level, fold, owner, status, record, size) VALUES (?,?,?,?,?,?,?)",
            (int(rank), urgency_of(record), fold, owner, status, raw, size),
        )
        self._count(rank, rows=1, size=size)
        self.usage = self.usage.plus(taken_events=rank is Rank.EVENT, taken_bytes=len(raw))

    def _replace(self, row_id: int, old_size: int, record: Record) -> None:
        raw = encode_record(record)
        size = len(raw) + ROW_BYTES
        self._sql.execute("UPDATE waiting SET record=?, size=? WHERE id=?", (raw, size, row_id))
        self.usage = self.usage.plus(waiting_bytes=size - old_size, taken_bytes=max(0, size - old_size))

    def _count(self, rank: int, *, rows: int, size: int) -> None:
        named = {Rank.HEALTH: "health_rows", Rank.GAP: "gap_rows", Rank.UNKNOWN: "unknown_rows"}.get(Rank(rank))
        kind = {named: rows} if named else {}
        self.usage = self.usage.plus(waiting_rows=rows, waiting_bytes=size, **kind)


def is_control(deposit: Deposit) -> bool:
    """Whether this is what the agent itself has to say: nothing of the vendor's product is in it."""
    return (
        not deposit.unknowns and not deposit.evidence and all(event.product == HOST_PRODUCT for event in deposit.events)
    )


def _health_gap(times: Sequence[datetime], *, thinned: bool) -> Gap:
    return Gap(
        cause=GapCause.SPOOL_FULL,
        source=HEALTH_SOURCE,
        noticed_at=max(times),
        since=min(times),
        until=max(times),
        records_lost=len(times),
        detail="some samples of each hour are kept" if thinned else "",
    )


def cursor_of(row: Sequence[object]) -> Cursor:
    """A row of `cursor` in the order of the dataclass."""
    return Cursor(*row)  # type: ignore[arg-type]  # the columns have these types
