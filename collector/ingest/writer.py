"""One thread writes every batch: a bounded queue in front, groups of batches in one commit.

A commit at FULL costs a disk flush whatever it holds, so the thread takes all that wait (up to
`GROUP`) into one transaction, a savepoint each, and answers all of them after the COMMIT. What is
refused here is refused at once and costs nothing: the queue is full, or its oldest batch has
waited too long (the disk or another process holds us up). The agents keep their batches.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from collector.errors import CollectorError, StoreUnavailable
from collector.ingest.applying import Desk, apply_batch
from collector.ingest.marks import TooFarAhead
from collector.ingest.model import Applied, Job
from collector.store.database import Connection, Store, savepoint
from wire.sentence import sentence

GROUP = 256  # batches in one commit: beyond this the gain is gone (measured)
QUEUE_JOBS = 4_000  # about two seconds of work, and a whole herd of 2,000 after a restart
QUEUE_BYTES = 64_000_000  # of plain JSON waiting
STUCK_S = 5.0  # the oldest batch may wait so long before newer ones are refused

log = logging.getLogger(__name__)

Outcome = Applied | Exception


class Overloaded(CollectorError):
    """No room in the queue; nothing was taken."""


class NotApplied(CollectorError):
    """A defect of ours stood in the way of a batch; it is in the log, and nothing of the batch remains."""


@dataclass(frozen=True)
class _Waiting:
    job: Job
    future: asyncio.Future[Applied]
    since: float


class Writer:
    """The queue and its thread. `submit` belongs to the event loop, everything else to the thread."""

    def __init__(self, store: Store, desk: Callable[[], Desk], monotonic: Callable[[], float]) -> None:
        self._store = store
        self._desk = desk
        self._monotonic = monotonic
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._busy_since: float | None = None
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs and gets on with its work."""
        with self._changed:
            return self._thread.is_alive() and not self._is_stuck()

    def check_room(self) -> None:
        """Raise `Overloaded` when a batch would be refused now."""
        with self._changed:
            self._check_room()

    def submit(self, job: Job) -> asyncio.Future[Applied]:
        """Queue a batch; the future is set after its commit. Raises `Overloaded` when there is no room."""
        future: asyncio.Future[Applied] = asyncio.get_running_loop().create_future()
        with self._changed:
            self._check_room()
            self._queue.append(_Waiting(job, future, self._monotonic()))
            self._bytes += job.size_bytes
            self._changed.notify()
        return future

    def _check_room(self) -> None:
        if self._stopping or not self._thread.is_alive():
            raise Overloaded(sentence("the collector is stopping"))
        if len(self._queue) >= QUEUE_JOBS or self._bytes >= QUEUE_BYTES or self._is_stuck():
            raise Overloaded(sentence("too many batches are waiting"))

    def _is_stuck(self) -> bool:
        oldest = self._queue[0].since if self._queue else None
        times = [at for at in (oldest, self._busy_since) if at is not None]
        return bool(times) and self._monotonic() - min(times) > STUCK_S

    def _loop(self) -> None:
        while group := self._take():
            outcomes: list[Outcome]
            try:
                outcomes = self._write([waiting.job for waiting in group])
            except StoreUnavailable as error:
                log.warning("a group of %s batches was not written: %s", len(group), error)
                outcomes = [error] * len(group)
            except Exception:
                log.exception("a group of %s batches was not written", len(group))
                outcomes = [_not_applied()] * len(group)
            with self._changed:
                self._busy_since = None
            _answer(group, outcomes)

    def _take(self) -> list[_Waiting]:
        """The next group; empty when the writer is to end and nothing waits."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping)
            group = [self._queue.popleft() for _ in range(min(GROUP, len(self._queue)))]
            self._bytes -= sum(waiting.job.size_bytes for waiting in group)
            self._busy_since = self._monotonic() if group else None
            return group

    def _write(self, jobs: list[Job]) -> list[Outcome]:
        desk = self._desk()
        with self._store.writing() as connection:
            return [_applied(connection, job, desk) for job in jobs]


def _applied(connection: Connection, job: Job, desk: Desk) -> Outcome:
    """One batch of the group; what is wrong with it alone is its own outcome."""
    try:
        with savepoint(connection):
            return apply_batch(connection, job, desk)
    except StoreUnavailable:
        raise
    except TooFarAhead as error:
        return error
    except Exception:
        log.exception("batch %s of agent %s was not applied", job.batch.sequence, job.agent.id)
        return _not_applied()


def _not_applied() -> NotApplied:
    return NotApplied(sentence("a defect of the collector; its log says more"))


def _answer(group: list[_Waiting], outcomes: list[Outcome]) -> None:
    loop = group[0].future.get_loop()
    pairs = [(waiting.future, outcome) for waiting, outcome in zip(group, outcomes, strict=True)]
    try:
        loop.call_soon_threadsafe(_settle, pairs)
    except RuntimeError:  # the loop has ended with the process; the agents ask again and get `duplicate`
        log.warning("%s batches were written and not answered", len(group))


def _settle(pairs: list[tuple[asyncio.Future[Applied], Outcome]]) -> None:
    for future, outcome in pairs:
        if future.done():
            continue  # the request was given up meanwhile
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
