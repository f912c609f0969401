"""Sealed batches inside a transaction: sealing, acks, resync, renumbering, splitting, parking.

A batch that is acked is kept for a while (`keep_acked_s`, `keep_acked_bytes`), for the day when the
collector comes back from a backup. All numbers that follow a change are rewritten in one commit,
so there is never a hole below the highest sequence that is not acked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from agent.spool.folding import Rank
from agent.spool.intake import Intake
from agent.spool.model import Place, Sealed
from agent.spool.order import Row, as_they_came, next_rows
from agent.spool.sealing import choose, is_sendable, records_of, reseal, seal
from agent.spool.usage import PARKED_ROWS, ROW_BYTES, Usage
from wire.envelope import Batch, raw_records
from wire.envelope import Spool as SpoolState
from wire.errors import Malformed
from wire.limits import BATCH_RECORDS
from wire.messages import Event, Gap, GapCause, Record, decode_record

SURE, SENT, REWRITTEN = range(3)  # the column `doubtful`: what the collector may hold under a batch's number


class Outbox:
    """The batches, for one transaction; `usage` and `place` are the result."""

    def __init__(self, sql: sqlite3.Connection, usage: Usage, place: Place) -> None:
        self._sql = sql
        self.usage = usage
        self.place = place

    def next_batch(self) -> Sealed | None:
        """The lowest batch that is not acked."""
        row = self._sql.execute(
            "SELECT sequence, body, records, doubtful FROM batch WHERE acked_at IS NULL ORDER BY sequence LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        return Sealed(self.place.epoch, row[0], row[1], row[2], doubtful=row[3] != SURE, rewritten=row[3] == REWRITTEN)

    def seal(self, *, sealed_at: datetime, full: bool) -> bool:
        """Put what waits, up to the limits of a batch, under the next sequence; False when nothing waits."""
        rows = next_rows(self._sql, BATCH_RECORDS)
        if not rows:
            return False
        taken = rows[: choose([len(row[3]) for row in rows])]
        while not is_sendable(body := self._sealed_body(sorted(taken, key=as_they_came), sealed_at, full=full)):
            if len(taken) == 1:
                break
            taken = taken[: len(taken) // 2]
        sequence = self.place.sealed + 1
        self._insert(sequence, body, len(taken))
        intake = Intake(self._sql, self.usage, room=0)
        intake.take_out([(row[0], row[1], row[2]) for row in taken])
        self.usage = intake.usage
        self._move(sealed=sequence)
        return True

    def ack(self, mark: int, *, at: float, keep_s: float, keep_bytes: int) -> None:
        """All batches up to `mark` are durable at the collector; drop kept ones that are too old or too many."""
        for sequence, size, records in self._sql.execute(
            "SELECT sequence, size, records FROM batch WHERE sequence<=? AND acked_at IS NULL", (mark,)
        ).fetchall():
            self._sql.execute("UPDATE batch SET acked_at=? WHERE sequence=?", (at, sequence))
            self.usage = self.usage.plus(kept_bytes=size, sealed_bytes=-size, sealed_records=-records)
        self._move(mark=mark)
        self._drop_kept(before=at - keep_s, keep_bytes=keep_bytes)

    def _drop_kept(self, *, before: float, keep_bytes: int) -> None:
        for sequence, size, acked_at in self._sql.execute(
            "SELECT sequence, size, acked_at FROM batch WHERE acked_at IS NOT NULL ORDER BY sequence"
        ):
            if acked_at >= before and self.usage.kept_bytes <= keep_bytes:
                return
            self._sql.execute("DELETE FROM batch WHERE sequence=?", (sequence,))
            self.usage = self.usage.plus(kept_bytes=-size)

    def resync(self, mark: int, *, answered: int, epoch: Callable[[], str], at: datetime) -> None:
        """The collector has only up to `mark`: send again from there, or say what is no longer here.

        `answered` is the batch whose answer said so: the collector holds that one, above the hole.
        """
        for size, records in self._sql.execute(
            "SELECT size, records FROM batch WHERE sequence>? AND acked_at IS NOT NULL", (mark,)
        ):
            self.usage = self.usage.plus(kept_bytes=-size, sealed_bytes=size, sealed_records=records)
        self._sql.execute("UPDATE batch SET acked_at=NULL, doubtful=MAX(doubtful,?) WHERE sequence>?", (SENT, mark))
        self._move(mark=mark)
        lowest = self._sql.execute("SELECT MIN(sequence) FROM batch WHERE sequence>?", (mark,)).fetchone()[0]
        lost = (lowest or self.place.sealed + 1) - mark - 1
        if lost:
            self._delete(answered)
            detail = f"the collector went back to batch {mark}; {lost} batches after it are no longer kept"
            self.renumber(epoch(), detail=detail, at=at)

    def renumber(self, epoch: str, *, detail: str, at: datetime, agent: str | None = None) -> None:
        """Start a new epoch (and maybe a new name): what is not acked is batch 1, 2, ... of it; kept ones go."""
        self._drop_kept(before=float("inf"), keep_bytes=0)
        owner = agent or self.place.agent
        sequences = [row[0] for row in self._sql.execute("SELECT sequence FROM batch ORDER BY sequence").fetchall()]
        for number, sequence in enumerate(sequences, start=1):  # upwards: number <= sequence, so no clash
            self._rewrite(sequence, number, owner, epoch)
        self._move(agent=owner, epoch=epoch, sealed=len(sequences), mark=0)
        if detail:
            self._say(Gap(cause=GapCause.SPOOL_DAMAGED, source="spool", noticed_at=at, detail=detail))

    def split(self, sequence: int) -> None:
        """Two batches where one was: halves, or an empty one and the only record; later ones move up by one.

        The empty one shows whether the collector takes anything at all from us.
        """
        records = records_of(self._body(sequence))
        later = self._sql.execute(
            "SELECT sequence FROM batch WHERE sequence>? ORDER BY sequence DESC", (sequence,)
        ).fetchall()
        for (number,) in later:
            self._rewrite(number, number + 1, self.place.agent, self.place.epoch)
        half = len(records) // 2
        body, count = self._resealed(sequence, sequence + 1, records[half:])
        self._insert(sequence + 1, body, count)
        self._replace(sequence, records[:half])
        self._sql.execute(
            "UPDATE batch SET doubtful=? WHERE sequence BETWEEN ? AND ?", (REWRITTEN, sequence, self.place.sealed)
        )
        self._move(sealed=self.place.sealed + 1)

    def park(self, sequence: int, *, reason: str, at: datetime) -> None:
        """Keep the only record of this batch here, and send a gap in its place."""
        (raw,) = records_of(self._body(sequence))
        self._sql.execute(
            "INSERT INTO parked (record, reason, at) VALUES (?,?,?)", (bytes(raw), reason, at.timestamp())
        )
        self._sql.execute("DELETE FROM parked WHERE id <= (SELECT MAX(id) FROM parked) - ?", (PARKED_ROWS,))
        gap = Gap(cause=GapCause.REFUSED, source=_source_of(raw), noticed_at=at, records_lost=1, detail=reason[:1_000])
        self._replace(sequence, raw_records([gap]))
        self._sql.execute("UPDATE batch SET doubtful=? WHERE sequence=?", (REWRITTEN, sequence))

    def _sealed_body(self, rows: Sequence[Row], at: datetime, *, full: bool) -> bytes:
        usage = self.usage
        waiting = usage.waiting_rows + usage.sealed_records
        batch = Batch(
            agent=self.place.agent,
            epoch=self.place.epoch,
            sequence=self.place.sealed + 1,
            session=self.place.session,
            sealed_at=at,
            spool=SpoolState(bytes=usage.total_bytes, waiting=waiting, full=full),
            records=[msgspec.Raw(row[3]) for row in rows],
        )
        return seal(batch)

    def _body(self, sequence: int) -> bytes:
        row = self._sql.execute("SELECT body FROM batch WHERE sequence=?", (sequence,)).fetchone()
        return bytes(row[0])

    def _insert(self, sequence: int, body: bytes, records: int) -> None:
        size = len(body) + ROW_BYTES
        self._sql.execute(
            "INSERT INTO batch (sequence, body, records, size) VALUES (?,?,?,?)", (sequence, body, records, size)
        )
        self.usage = self.usage.plus(sealed_bytes=size, sealed_records=records)

    def _resealed(self, sequence: int, number: int, records: Sequence[msgspec.Raw] | None = None) -> tuple[bytes, int]:
        place = self.place
        return reseal(self._body(sequence), agent=place.agent, epoch=place.epoch, sequence=number, records=records)

    def _replace(self, sequence: int, records: Sequence[msgspec.Raw]) -> None:
        body, count = self._resealed(sequence, sequence, records)
        self._delete(sequence)
        self._insert(sequence, body, count)

    def _rewrite(self, sequence: int, number: int, agent: str, epoch: str) -> None:
        body, count = reseal(self._body(sequence), agent=agent, epoch=epoch, sequence=number)
        self._delete(sequence)
        self._insert(number, body, count)

    def _delete(self, sequence: int) -> None:
        size, records = self._sql.execute("SELECT size, records FROM batch WHERE sequence=?", (sequence,)).fetchone()
        self._sql.execute("DELETE FROM batch WHERE sequence=?", (sequence,))
        self.usage = self.usage.plus(sealed_bytes=-size, sealed_records=-records)

    def _say(self, gap: Gap) -> None:
        intake = Intake(self._sql, self.usage, room=0)
        intake.store_gap(gap)
        self.usage = intake.usage

    def _move(self, **changes: str | int) -> None:
        values = {**vars(self.place), **changes}
        self.place = Place(**values)
        self._sql.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?,?)", [(name, str(value)) for name, value in changes.items()]
        )


def _source_of(raw: msgspec.Raw) -> str:
    """Where a record came from, for the gap that stands in its place."""
    try:
        record: Record = decode_record(raw)
    except Malformed:
        return "unknown"
    if isinstance(record, Event | Gap):
        return record.source or record.__class__.__name__.lower()
    return record.__class__.__name__.lower()


def measured(sql: sqlite3.Connection) -> Usage:
    """The usage as the file tells it; counted once, when it is opened."""
    waiting = sql.execute("SELECT COUNT(*), TOTAL(size), SUM(rank=3), SUM(rank=2), SUM(rank=4) FROM waiting").fetchone()
    sealed = sql.execute("SELECT TOTAL(records), TOTAL(size) FROM batch WHERE acked_at IS NULL").fetchone()
    kept = sql.execute("SELECT TOTAL(size) FROM batch WHERE acked_at IS NOT NULL").fetchone()
    numbers = [int(value or 0) for value in (*waiting, *sealed, *kept)]
    return Usage(*numbers)


def holds_events(sql: sqlite3.Connection) -> bool:
    """Whether an event waits that no batch has yet."""
    return sql.execute("SELECT 1 FROM waiting WHERE rank=? LIMIT 1", (Rank.EVENT,)).fetchone() is not None
