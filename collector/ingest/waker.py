"""The one thread that looks what is due for the agents that wait, and wakes exactly those.

Documents come by the console, by the API and by commands in other processes, so the database itself is
watched: each `TICK_S` one number, the newest document. Only when it has grown, or agents have come that
nobody has looked at yet, are documents looked up, by index, for these agents alone. An agent that waits
asks anew at least once a minute and is looked at each time, so that nothing is missed for longer: not a
document that is due again, and none whose transaction ended after that of a newer one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from collector.fleet.registry import Known, Registry
from collector.ingest.waiters import Waiters, Wake
from collector.relay import service as relay
from collector.store.database import Store

TICK_S = 0.2

log = logging.getLogger(__name__)


class Waker:
    """The thread; `look` may be called by a test without it."""

    def __init__(self, store: Store, registry: Registry, waiters: Waiters, now: Callable[[], datetime]) -> None:
        self._store = store
        self._registry = registry
        self._waiters = waiters
        self._now = now
        self._known: Known = registry.known
        self._newest: int | None = None  # the newest document that was looked at; None while nobody waits
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="waker", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End after the look under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Wake whom something is due for, and who was revoked."""
        before, known = self._known, self._registry.known
        self._known = known
        fresh, present = self._waiters.fresh(), self._waiters.present()
        unwelcome = _unwelcome(known, fresh if known is before else present)
        self._waiters.wake(unwelcome, Wake.REVOKED)
        present -= unwelcome
        if not present:
            self._newest = None
            return
        with self._store.reading() as connection:
            self._newest, touched = relay.added_since(connection, self._newest)
            looked_at = [key for key in present if key in fresh or (touched and known.agents[key].id in touched)]
            names = {known.agents[key].id: key for key in looked_at}
            due = relay.due_agents(connection, list(names), self._now())
        self._waiters.wake([names[agent_id] for agent_id in due], Wake.DUE)

    def _loop(self) -> None:
        while not self._stopping.wait(TICK_S):
            try:
                self.look()
            except Exception:
                log.exception("the waker could not look; it looks again")


def _unwelcome(known: Known, key_ids: set[str]) -> set[str]:
    """Of these keys those that count no more."""
    return {key_id for key_id in key_ids if key_id not in known.agents or known.agents[key_id].revoked}
