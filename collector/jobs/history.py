"""The thread that folds the history of health, apart from the jobs that somebody waits for.

An agent's hour costs some milliseconds, so a fleet that comes back with a week's backlog is hours of work. It is done
in pieces of some hundredths of a second, each followed by a rest in proportion: short while the writer has
little to do, long while it is busy. With nothing to do it looks every `IDLE_S`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from collector.health.folding import tend_history
from collector.settings.model import Retention
from collector.store.database import Store

IDLE_S = 5.0
REST = 0.5  # of the time that a piece took, while the writer does nothing ...
REST_BUSY = 3.0  # ... and so much more while it never stops

log = logging.getLogger(__name__)


@dataclass
class Pace:
    """How long to rest, pure: `busy_s` is a sum that only grows, of the writer's thread."""

    busy_s: float
    at: float

    def rest_s(self, took_s: float, busy_s: float, now: float) -> float:
        """After a piece that took so long; the writer's share of the time since the last call counts."""
        passed, busy = now - self.at, busy_s - self.busy_s
        self.busy_s, self.at = busy_s, now
        share = min(max(busy / passed, 0.0), 1.0) if passed > 0 else 1.0
        return took_s * (REST + REST_BUSY * share)


class HistoryLoop:
    """The thread."""

    def __init__(
        self,
        store: Store,
        retention: Retention,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        busy_s: Callable[[], float],
    ) -> None:
        self._store = store
        self._retention = retention
        self._now = now
        self._monotonic = monotonic
        self._busy_s = busy_s
        self._pace = Pace(busy_s(), monotonic())
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="history", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the piece under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def turn(self) -> float:
        """One piece of hours and one of days; for how long to rest after it, in seconds."""
        begun, now = self._monotonic(), self._now()
        done = tend_history(self._store, self._retention, now)
        ended = self._monotonic()
        rest_s = self._pace.rest_s(ended - begun, self._busy_s(), ended)
        return rest_s if done else IDLE_S

    def _loop(self) -> None:
        rest_s = 0.0
        while not self._stopping.wait(rest_s):
            rest_s = IDLE_S
            try:
                if self._store.is_leader():
                    rest_s = self.turn()
            except Exception:
                log.exception("a piece of the history was not folded; it is tried again")
