"""One thread writes every batch: a bounded queue in front, groups of batches in one commit.

A commit at FULL costs a disk flush whatever it holds, so the thread takes a whole group (`turns.py`
says whose) into one transaction (`grouping.py`) and answers all of them after the COMMIT. Heartbeats, and events of
faults that were written before (`familiar.py`), wait `LINGER_S` for each other; a new fault, a clearing event
or a result takes what waits along at once. What is
refused here is refused at once and costs nothing: the work that waits would take too long
(`admission.py`), or the group under way does (the disk or another process holds us up), or memory
would not do. The agents keep their batches.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from collector.errors import CollectorError, StoreUnavailable
from collector.ingest.admission import DrainRate, Load, Verdict, is_easy, is_stuck, is_urgent, judge, units_of
from collector.ingest.applying import Desk
from collector.ingest.familiar import Familiar
from collector.ingest.grouping import Outcome, apply_group, not_applied
from collector.ingest.marks import TooFarAhead
from collector.ingest.model import Applied, Job, Work
from collector.ingest.turns import Turn, Turns
from collector.metrics.measures import Measures
from collector.settings.model import Admission
from collector.store.database import Store
from wire.messages import Event
from wire.sentence import sentence

QUEUE_JOBS = 10_000  # a whole fleet at once
QUEUE_BYTES = 64_000_000  # of plain JSON waiting
LINGER_S = 0.02  # heartbeats and known faults wait so long for others, to share a commit; what is new does not
LINGER_JOBS = 64  # enough of them: a larger group saves little more

log = logging.getLogger(__name__)


class Overloaded(CollectorError):
    """No room in the queue; nothing was taken."""


class SiteOverShare(Overloaded):
    """The site has its share of the queue, and others want theirs."""


_Waiting = tuple[Job, "asyncio.Future[Applied]"]


class Writer:
    """The queue and its thread. `submit` belongs to the event loop, everything else to the thread."""

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        monotonic: Callable[[], float],
        *,
        admission: Admission | None = None,
        measures: Measures | None = None,
        linger_s: float = 0.0,
    ) -> None:
        self._store = store
        self._desk = desk
        self._monotonic = monotonic
        self._backlog_s = (admission or Admission()).backlog_s
        self._measures = measures or Measures()
        self._linger_s = linger_s  # real seconds, whatever the clock says
        self._is_pressing = False  # somebody waits for what is queued, or it is enough for a group
        self._turns: Turns[_Waiting] = Turns()
        self._familiar = Familiar()
        self._rate = DrainRate()
        self._busy_s = 0.0
        self._refused = 0
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

    def work(self) -> Work:
        """How much waits and how busy the thread was, for pacing and metrics."""
        with self._changed:
            turns, oldest, now = self._turns, self._turns.oldest_since, self._monotonic()
            return Work(
                jobs=len(turns),
                size_bytes=turns.size_bytes,
                oldest_s=0.0 if oldest is None else now - oldest,
                backlog_s=self._rate.seconds_for(turns.units),
                busy_s=self._busy_s + (0.0 if self._busy_since is None else now - self._busy_since),
                refused=self._refused,
            )

    def check_room(self, site: str) -> None:
        """Raise `Overloaded` when even an urgent batch of this site would be refused now."""
        with self._changed:
            self._check_room(site, urgent=True)

    def submit(self, job: Job) -> asyncio.Future[Applied]:
        """Queue a batch; the future is set after its commit. Raises `Overloaded` when there is no room."""
        future: asyncio.Future[Applied] = asyncio.get_running_loop().create_future()
        urgent = is_urgent(job.records, job.batch.sealed_at)
        site = job.agent.site_id
        with self._changed:
            is_new = not self._familiar.knows(site, job.records)
            units = units_of(len(job.records), is_new=is_new)
            self._check_room(site, urgent=urgent, units=units)
            self._turns.add(Turn((job, future), site, urgent, units, job.size_bytes, self._monotonic()))
            presses = (urgent and is_new) or len(self._turns) >= LINGER_JOBS
            self._is_pressing = self._is_pressing or presses
            if self._is_pressing or len(self._turns) == 1:  # the others find the thread awake, or lingering
                self._changed.notify()
        return future

    def _check_room(self, site: str, *, urgent: bool, units: int = 0) -> None:
        try:
            self._judge(site, urgent=urgent, units=units)
        except Overloaded:
            self._refused += 1
            raise

    def _judge(self, site: str, *, urgent: bool, units: int) -> None:
        if self._stopping or not self._thread.is_alive():
            raise Overloaded(sentence("the collector is stopping"))
        turns = self._turns
        if len(turns) >= QUEUE_JOBS or turns.size_bytes >= QUEUE_BYTES or self._is_stuck():
            raise Overloaded(sentence("too many batches are waiting"))
        capacity = self._rate.units_s * self._backlog_s
        if is_easy(turns.units + units, capacity):
            return
        mine = turns.units_of(site)
        load = Load(turns.units, mine, turns.sites - bool(mine), capacity, units)
        verdict = judge(load, urgent=urgent)
        if verdict is Verdict.FULL:
            raise Overloaded(sentence("too many batches are waiting"))
        if verdict is Verdict.SITE_FULL:
            raise SiteOverShare(sentence("too many batches of this site are waiting"))

    def _is_stuck(self) -> bool:
        now, busy, oldest = self._monotonic(), self._busy_since, self._turns.oldest_since
        busy_s = 0.0 if busy is None else now - busy
        return is_stuck(busy_s=busy_s, oldest_s=0.0 if oldest is None else now - oldest)

    def _loop(self) -> None:
        while group := self._take():
            outcomes: list[Outcome]
            try:
                outcomes = self._write([turn.item[0] for turn in group])
            except StoreUnavailable as error:
                log.warning("a group of %s batches was not written: %s", len(group), error)
                outcomes = [error] * len(group)
            except Exception:
                log.exception("a group of %s batches was not written", len(group))
                outcomes = [not_applied()] * len(group)
            self._learn(group, outcomes)
            _count(self._measures, group, outcomes)
            _answer([turn.item[1] for turn in group], outcomes)

    def _learn(self, group: list[Turn[_Waiting]], outcomes: list[Outcome]) -> None:
        with self._changed:
            for turn, outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, Applied) and turn.urgent:
                    self._familiar.learn(turn.site, turn.item[0].records)
            seconds = self._monotonic() - (self._busy_since or 0.0)
            self._busy_since = None
            self._busy_s += seconds
            self._rate.learn(sum(turn.units for turn in group), seconds)
        self._measures.committed(len(group), seconds)

    def _take(self) -> list[Turn[_Waiting]]:
        """The next group; empty when the writer is to end and nothing waits."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._turns) or self._stopping)
            if self._linger_s:
                self._changed.wait_for(lambda: self._is_pressing or self._stopping, self._linger_s)
            group = self._turns.take(self._rate.group_units)
            self._is_pressing = len(self._turns) > 0  # what is left has waited for a whole group
            self._busy_since = self._monotonic() if group else None
            return group

    def _write(self, jobs: list[Job]) -> list[Outcome]:
        desk = self._desk()
        with self._store.writing() as connection:
            return apply_group(connection, jobs, desk, on_twice=lambda: self._measures.repeats.add("poisoned"))


def _answer(futures: list[asyncio.Future[Applied]], outcomes: list[Outcome]) -> None:
    pairs = list(zip(futures, outcomes, strict=True))
    try:
        futures[0].get_loop().call_soon_threadsafe(_settle, pairs)
    except RuntimeError:  # the loop has ended with the process; the agents ask again and get `duplicate`
        log.warning("%s batches were written and not answered", len(futures))


def _settle(pairs: list[tuple[asyncio.Future[Applied], Outcome]]) -> None:
    for future, outcome in pairs:
        if future.done():
            continue  # the request was given up meanwhile
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _count(measures: Measures, group: list[Turn[_Waiting]], outcomes: list[Outcome]) -> None:
    for turn, outcome in zip(group, outcomes, strict=True):
        if not isinstance(outcome, Applied):
            measures.batches.add("refused" if isinstance(outcome, TooFarAhead) else "failed")
        elif outcome.duplicate:
            measures.batches.add("duplicate")
        else:
            events = sum(isinstance(record, Event) for _, record in turn.item[0].records)
            measures.batches.add("applied")
            measures.events.add("counted", events - outcome.repeated)
            measures.events.add("known", outcome.repeated)
