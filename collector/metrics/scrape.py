"""The page of metrics: what was counted, what stands in the database, what the process uses.

The database is asked at most once in `FRESH_S`, however often somebody scrapes, and beside the event loop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from collector.errors import StoreUnavailable
from collector.metrics.counting import OTHER
from collector.metrics.measures import Measures
from collector.metrics.process import process_families
from collector.metrics.repository import Stored, count_stored
from collector.metrics.text import Family, counter, gauge, gauges, rendered
from collector.store.database import Store

FRESH_S: Final = 15.0
PRESENCES: Final = ("up", "silent", "new", "revoked")
TICKET_STATES: Final = (
    "new",
    "acknowledged",
    "in_progress",
    "pending",
    "recovered",
    "resolved",
    "closed",
    "cancelled",
    "merged",
)
OUTBOX_STATES: Final = ("gathered", "waiting", "sending", "dead")


@dataclass(frozen=True)
class Live:
    """What the running parts say now; `queue_*` are of the writer."""

    queue_batches: int
    queue_bytes: int
    queue_oldest_s: float
    queue_backlog_s: float
    interval_s: float
    waiting_agents: int


class Scrape:
    """Makes pages. Safe to call from several threads."""

    def __init__(
        self,
        store: Store,
        measures: Measures,
        *,
        live: Callable[[], Live],
        version: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._measures = measures
        self._live = live
        self._version = version
        self._now = now
        self._monotonic = monotonic
        self._counting = threading.Lock()
        self._counted_at = 0.0
        self._stored: Stored | None = None

    def page(self) -> str:
        """The whole page."""
        stored = self._fresh()
        build = gauge("sitewarden_build_info", "The version that runs.", 1, version=self._version)
        return rendered(
            [
                build,
                *self._measures.families(),
                *_live_families(self._live()),
                *(_stored_families(stored, self._now()) if stored else ()),
                gauge("sitewarden_database_up", "Whether the database could be asked.", int(stored is not None)),
                *process_families(),
            ]
        )

    def _fresh(self) -> Stored | None:
        with self._counting:
            now = self._monotonic()
            if self._stored is None or now - self._counted_at >= FRESH_S:
                try:
                    with self._store.reading() as connection:
                        self._stored = count_stored(connection)
                except StoreUnavailable:
                    self._stored = None
                self._counted_at = now
            return self._stored


def _live_families(live: Live) -> Iterable[Family]:
    yield gauge("sitewarden_queue_batches", "Batches that wait to be written.", live.queue_batches)
    yield gauge("sitewarden_queue_bytes", "Unpacked bytes of them.", live.queue_bytes)
    yield gauge("sitewarden_queue_oldest_seconds", "How long the oldest of them waits.", live.queue_oldest_s)
    yield gauge("sitewarden_queue_backlog_seconds", "How long writing them will take.", live.queue_backlog_s)
    yield gauge("sitewarden_report_interval_seconds", "How often agents are asked to report.", live.interval_s)
    yield gauge("sitewarden_waiting_agents", "Agents that wait here for documents.", live.waiting_agents)


def _stored_families(stored: Stored, now: datetime) -> Iterable[Family]:
    late_s = 0.0 if stored.next_message_at is None else max(0.0, (now - stored.next_message_at).total_seconds())
    opened = sum(stored.tickets.values())
    yield gauges("sitewarden_agents", "Agents by presence.", "presence", _known(stored.agents, PRESENCES))
    yield counter("sitewarden_tickets_opened_total", "Tickets since the database was made.", opened)
    yield gauges("sitewarden_tickets", "Tickets by state.", "state", _known(stored.tickets, TICKET_STATES))
    outbox = _known({key: stored.messages.get(key, 0) for key in OUTBOX_STATES}, OUTBOX_STATES)
    yield gauges("sitewarden_outbox_messages", "Messages that were not delivered, by state.", "state", outbox)
    yield gauge("sitewarden_outbox_late_seconds", "How long the earliest message has been due.", late_s)
    yield gauge("sitewarden_database_bytes", "Size of the database.", stored.size_bytes)


def _known(counts: Mapping[str, int], names: Collection[str]) -> dict[str, float]:
    """A number for each name, and one for all others together where there are any."""
    rest = sum(count for name, count in counts.items() if name not in names)
    known: dict[str, float] = {name: counts.get(name, 0) for name in names}
    return {**known, OTHER: rest} if rest else known
