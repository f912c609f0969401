"""The one thread that does what time demands; each job catches up by itself after a pause.

Of several collectors on one PostgreSQL only the leader's works.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from collector.fleet.registry import Registry
from collector.jobs.clocks import pass_clocks, tend_clocks
from collector.jobs.due import CHUNK, SilenceWatch, pass_time, tell_silence
from collector.jobs.partitions import tend_partitions
from collector.jobs.retention import delete_old
from collector.patches.deciding import lapse as lapse_decisions
from collector.patches.shelving import notice
from collector.relay.bundles.service import FOLDER, Bundles
from collector.relay.requests.endpoints import VENDOR_FOLDER
from collector.relay.requests.tracking import lapse
from collector.settings import Settings
from collector.store.database import Store

TICK_S = 0.2  # how late an open delay or a recovery may be
SLOW_TICK_S = 5.0  # closing, requests whose time is over, retention
ROUNDS = 20  # chunks of due alerts in one tick, so that silence is still looked at when thousands are due

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Duties:
    """Every job, with what they need; `quick` and `slow` may be called by a test without a thread."""

    store: Store
    registry: Registry
    settings: Settings
    started_at: datetime
    now: Callable[[], datetime]
    new_secret: Callable[[], str]
    interval_s: Callable[[], float]  # the longest that an agent may follow now
    watch: SilenceWatch = field(default_factory=SilenceWatch)

    def quick(self) -> int:
        """What must be done within a tick; returns how much was done."""
        codebook, rules, now = self.registry.known.codebook, self.settings.rules, self.now()
        done = 0
        for _ in range(ROUNDS):
            moved = pass_time(self.store, codebook, rules, now)
            done += moved
            if moved < CHUNK:
                break
        done += pass_clocks(self.store, now)
        return done + tell_silence(
            self.store,
            codebook,
            rules,
            started_at=self.started_at,
            interval_s=self.interval_s(),
            now=now,
            new_secret=self.new_secret,
            watch=self.watch,
        )

    def slow(self) -> int:
        """What may wait for some seconds."""
        codebook, rules, now = self.registry.known.codebook, self.settings.rules, self.now()
        tend_partitions(self.store, self.settings.retention, now)
        tended = tend_clocks(self.store, codebook, rules, now, self.new_secret)
        tended += lapse(self.store, now)
        tended += notice(self.store, Path(self.settings.state) / VENDOR_FOLDER, now)
        tended += lapse_decisions(self.store, codebook, rules, now)
        tended += Bundles(self.store, Path(self.settings.state) / FOLDER).delete_old(now)
        return tended + delete_old(self.store, self.settings.retention, now)


class JobLoop:
    """The thread."""

    def __init__(self, duties: Duties, monotonic: Callable[[], float]) -> None:
        self.duties = duties
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the job under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _loop(self) -> None:
        slow_at = self._monotonic()
        while not self._stopping.wait(TICK_S):
            try:
                if not self.duties.store.is_leader():
                    continue
                self.duties.quick()
                if self._monotonic() >= slow_at:
                    slow_at = self._monotonic() + SLOW_TICK_S
                    self.duties.slow()
            except Exception:
                log.exception("a job failed; it is tried again")
