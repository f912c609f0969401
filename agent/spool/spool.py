"""The spool as the rest of the agent sees it: writers deposit, the uplink takes batches.

`Spool` puts the pieces together and holds what must agree with the file: usage, place, and when
what waits should leave. It decides nothing about the exchange (`uplink/exchange.py` does) and
nothing about SQL (`intake.py`, `outbox.py`); when what waits should leave says `urgency.py`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from agent.settings.model import SpoolSettings
from agent.spool.database import Database, DiskFull, SpoolDamaged
from agent.spool.intake import CURSORS, Intake, cursor_of, is_control
from agent.spool.marker import read_mark, write_mark
from agent.spool.model import Means, Place, Sealed, Stand
from agent.spool.outbox import Outbox, holds_events, measured
from agent.spool.port import Cursor, Deposit, SpoolFull
from agent.spool.reserve import Reserve, reserve_bytes
from agent.spool.ring import Ring
from agent.spool.urgency import Urgency
from agent.spool.usage import Usage, room_bytes
from wire.messages import Gap, GapCause

FILE_NAME: Final = "spool.db"
MARK_NAME: Final = "spool.mark"
RESERVE_NAME: Final = "spool.reserve"


class Spool:
    """One spool file, open. Safe to call from several threads."""

    def __init__(self, database: Database, settings: SpoolSettings, means: Means) -> None:
        self._database = database
        self._settings = settings
        self._means = means
        self._lock = database.lock
        self._usage = Usage()
        self._place = Place("", "", 0, 0, 0)
        self._urgency = Urgency()
        self._reserve = Reserve(database.path.with_name(RESERVE_NAME), size_bytes=reserve_bytes(settings.max_bytes))
        self._ring = Ring()
        self._full = ""
        self._counts = (0, 0)  # gaps and parked records
        self.on_deposit: Callable[[], None] = lambda: None

    def cursors(self, source: str) -> list[Cursor]:
        """Every file of this source that is known."""
        return [cursor_of(row) for row in self._read(CURSORS, source)]

    def levels(self) -> dict[str, str]:
        """The stored threshold states."""
        return dict(self._read("SELECT key, state FROM level"))

    def history(self) -> list[tuple[str, int, float]]:
        """The peaks that forecasts are made from: series, slot, peak."""
        return self._read("SELECT series, slot, peak FROM history")

    def first_start_seen(self, source: str) -> bool:
        """Whether this source has been read before; false exactly once, at its first start."""
        if self._read("SELECT 1 FROM source WHERE name=?", source):
            return True
        with self._transaction(control=True) as sql:
            sql.execute("INSERT INTO source VALUES (?)", (source,))
        return False

    def deposit(self, deposit: Deposit) -> None:
        """Store all of `deposit` in one durable commit, or keep it in the ring; `SpoolFull` when neither was done."""
        control = is_control(deposit)
        with self._lock:
            try:
                self._empty_ring()
                intake, keys = self._store(deposit, control=control)
            except SpoolFull as full:
                self._full = str(full)
                if isinstance(full, DiskFull) and control and self._ring.keep(deposit):
                    return
                raise
            self._usage = intake.usage
            if deposit.events:
                self._full = ""
            self._urgency.note_deposit(deposit, keys, now=self._means.monotonic())
        self.on_deposit()

    def _store(self, deposit: Deposit, *, control: bool) -> tuple[Intake, list[str]]:
        """Store it; what the agent itself must say may use the reserve, logs may not."""
        if not control and not self._reserve.is_held:
            raise SpoolFull("the disk is full, and what is left is for the agent itself")
        room = room_bytes(self._settings.max_bytes, control=control)
        try:
            return self._take_in(deposit, control=control, room=room)
        except DiskFull:
            if not control:
                raise
            return self._take_in(deposit, control=control, room=room)  # with the room of the reserve

    def _take_in(self, deposit: Deposit, *, control: bool, room: int) -> tuple[Intake, list[str]]:
        with self._transaction(control=control) as sql:
            intake = Intake(sql, self._usage, room=room)
            return intake, intake.store(deposit)

    def _empty_ring(self) -> None:
        """Store what waits in memory, all in one commit; where that fails it stays there."""
        if not self._ring:
            return
        with self._transaction(control=True) as sql:
            intake = Intake(sql, self._usage, room=room_bytes(self._settings.max_bytes, control=True))
            for deposit in self._ring.deposits():
                intake.store(deposit)
        self._usage, self._full = intake.usage, ""
        self._ring = Ring()
        self._hurry()

    @property
    def is_urgent(self) -> bool:
        """Whether something was deposited, or waited at the start, that somebody may be waiting for."""
        with self._lock:
            return self._urgency.is_urgent

    def due_in_s(self) -> float | None:
        """Seconds until something should leave; 0 when it should already, None when nothing waits."""
        with self._lock:
            if self._usage.sealed_bytes:
                return 0.0
            at = self._urgency.due_at
            return None if at is None else max(0.0, at - self._means.monotonic())

    def next_batch(self) -> Sealed | None:
        """The batch to send: the lowest that is not acked, else one sealed now of what waits and is due."""
        with self._lock:
            if not self._usage.sealed_bytes:
                if self.due_in_s() != 0.0:
                    return None
                with self._outbox() as outbox:
                    outbox.seal(sealed_at=self._means.now(), full=bool(self._full))
                self._hurry()
            with self._guarded(self._database.reading()) as sql:
                return Outbox(sql, self._usage, self._place).next_batch()

    def ack(self, mark: int) -> None:
        """The collector holds everything up to `mark`."""
        at = self._means.now().timestamp()
        with self._outbox() as outbox:
            keep = self._settings
            outbox.ack(mark, at=at, keep_s=keep.keep_acked_s, keep_bytes=keep.keep_acked_bytes)

    def resync(self, mark: int, *, answered: int) -> None:
        """The collector holds less than we thought, and `answered`: send again from `mark` + 1."""
        with self._outbox() as outbox:
            outbox.resync(mark, answered=answered, epoch=self._means.new_epoch, at=self._means.now())

    def start_epoch(self, detail: str) -> None:
        """Number anew what is not acked, and say why (`detail`) if the disk went back in time."""
        with self._outbox() as outbox:
            outbox.renumber(self._means.new_epoch(), detail=detail, at=self._means.now())
        self._remember()

    def split(self, sequence: int) -> None:
        """Make two batches of this one."""
        with self._outbox() as outbox:
            outbox.split(sequence)

    def park(self, sequence: int, reason: str) -> None:
        """Keep the only record of this batch here; a gap goes instead."""
        with self._outbox() as outbox:
            outbox.park(sequence, reason=reason, at=self._means.now())

    def adopt(self, agent: str) -> bool:
        """Send under this name from now on; True when it replaces another one, which starts a new epoch."""
        if (before := self._place.agent) == agent:
            return False
        with self._outbox() as outbox:
            detail = "the host was enrolled again" if before else ""
            outbox.renumber(self._means.new_epoch(), detail=detail, at=self._means.now(), agent=agent)
        self._remember()
        return bool(before)

    @property
    def place(self) -> Place:
        """Where this agent stands in the exchange."""
        with self._lock:
            return self._place

    def stand(self) -> Stand:
        """How the spool stands now; what it held when it was last readable where the disk is gone."""
        with self._lock:
            problem = self._full
            try:
                gaps, parked = self._read("SELECT (SELECT value FROM meta WHERE key='gaps'), COUNT(*) FROM parked")[0]
                self._counts = (int(gaps or 0), parked)
            except SpoolFull as gone:
                problem = str(gone)
            if self._ring:
                problem = f"{problem}; {len(self._ring)} records wait in memory"
            return Stand(self._place, self._usage, *self._counts, bool(problem), problem, len(self._ring))

    def adjust(self, settings: SpoolSettings) -> None:
        """Take new limits; they hold from the next deposit and ack on."""
        with self._lock:
            self._settings = settings
            self._database.limit(settings.max_bytes)

    def tend(self) -> None:
        """Take the reserve back, and store what waits in memory, when the disk lets us; called every few seconds."""
        with self._lock:
            self._reserve.hold()
            with contextlib.suppress(SpoolFull):
                self._empty_ring()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def load(self) -> None:
        """Open the file, count this start, and replace a damaged file by a new one that says so."""
        with self._lock:
            session = read_mark(self._database.path.with_name(MARK_NAME))
            missing = session > 0 and self._database.is_missing()
            try:
                self._database.open()
                self._begin(session, "the spool file was gone" if missing else "")
            except SpoolDamaged as damage:
                self._database.set_aside()
                self._database.open()
                self._begin(session, f"the spool file was damaged ({damage}); it was set aside")
            self._remember()
            self._reserve.hold()

    def _begin(self, session: int, loss: str) -> None:
        with self._database.transaction(control=True) as sql:
            meta = dict(sql.execute("SELECT key, value FROM meta").fetchall())
            session = max(int(meta.get("session", 0)), session) + 1
            epoch = meta.get("epoch") or self._means.new_epoch()
            sealed, acked = int(meta.get("sealed", 0)), int(meta.get("mark", 0))
            self._place = Place(meta.get("agent", ""), epoch, sealed, acked, session)
            sql.executemany("INSERT OR REPLACE INTO meta VALUES (?,?)", [("session", str(session)), ("epoch", epoch)])
            sql.execute("UPDATE batch SET doubtful=1 WHERE acked_at IS NULL")
            self._usage = measured(sql)
            self._urgency.is_urgent = self._usage.sealed_records > 0 or holds_events(sql)
            if loss:
                at, cause = self._means.now(), GapCause.SPOOL_DAMAGED
                intake = Intake(sql, self._usage, room=0)
                intake.store_gap(Gap(cause=cause, source="spool", noticed_at=at, detail=loss[:1_000]))
                self._usage = intake.usage
        self._hurry()

    def _remember(self) -> None:
        write_mark(self._database.path.with_name(MARK_NAME), epoch=self._place.epoch, session=self._place.session)

    def _hurry(self) -> None:
        """What waits now is due now: it was waiting before, or did not fit the batch just sealed."""
        self._urgency.due_at = self._means.monotonic() if self._usage.waiting_rows else None

    def _read(self, query: str, *values: object) -> list[Any]:
        with self._guarded(self._database.reading()) as sql:
            return sql.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _outbox(self) -> Iterator[Outbox]:
        with self._lock:
            with self._transaction(control=True) as sql:
                outbox = Outbox(sql, self._usage, self._place)
                yield outbox
            self._usage, self._place = outbox.usage, outbox.place
            if self._urgency.due_at is None:
                self._hurry()

    def _transaction(self, *, control: bool) -> AbstractContextManager[sqlite3.Connection]:
        return self._guarded(self._database.transaction(control=control), control=control)

    @contextlib.contextmanager
    def _guarded(
        self, opened: AbstractContextManager[sqlite3.Connection], *, control: bool = False
    ) -> Iterator[sqlite3.Connection]:
        """Replace a file that breaks under us; the caller repeats its step."""
        try:
            with opened as sql:
                yield sql
        except DiskFull:
            if control:
                self._reserve.release()  # so that the next try finds room
            raise
        except SpoolDamaged as damage:
            self._database.close()
            self.load()
            raise SpoolFull(f"the spool broke and was replaced: {damage}") from damage


def open_spool(folder: Path, settings: SpoolSettings, means: Means) -> Spool:
    """The spool in the state folder, loaded; `SpoolRefused` when it cannot be used."""
    spool = Spool(Database(folder / FILE_NAME, max_bytes=settings.max_bytes), settings, means)
    spool.load()
    return spool
