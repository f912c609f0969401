"""News for live pages: one look at the database for all listeners.

What changed is read from the database itself, so that a change by the command line in another
process shows too. One task looks every 50 ms while anybody listens: two look-ups of a highest
primary key, some 50 microseconds. Each listener then gets one signal, however much has happened;
the page fetches what it shows. A listener that is slow misses nothing: its signal waits.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

LOOK_S = 0.05
PAUSE_S = 5  # after a look that failed
LISTENERS_PER_USER = 12  # browser tabs; a hidden tab lets go of its stream
LISTENERS = 500


class TooManyListeners(Exception):
    """Enough streams are open, of one user or of everybody together."""


@dataclass(frozen=True)
class Newest:
    """How far the database has come: ids of the newest timeline entry and of the newest event."""

    change: int = 0
    event: int = 0


@dataclass(eq=False)
class Listener:
    """One open stream."""

    user_id: int
    seen: Newest
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Feed:
    """Fans out; everything runs on the event loop of the server. `newest` is awaited every `LOOK_S`."""

    def __init__(self, newest: Callable[[], Awaitable[Newest]], stopping: threading.Event) -> None:
        self._newest = newest
        self._stopping = stopping
        self._listeners: set[Listener] = set()
        self._looking: asyncio.Task[None] | None = None
        self.now = Newest()

    @property
    def is_stopping(self) -> bool:
        """Whether the server is about to end."""
        return self._stopping.is_set()

    @asynccontextmanager
    async def listening(self, user_id: int) -> AsyncIterator[Listener]:
        """A listener for the time of a stream; `TooManyListeners` when there are enough."""
        per_user = Counter(listener.user_id for listener in self._listeners)
        if len(self._listeners) >= LISTENERS or per_user[user_id] >= LISTENERS_PER_USER:
            raise TooManyListeners
        self.now = await self._newest()
        listener = Listener(user_id, self.now)
        self._listeners.add(listener)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def wait(self, listener: Listener, timeout_s: float) -> Newest | None:
        """The newest state as soon as it differs from what this listener has seen; None after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await listener.woken.wait()
        except TimeoutError:
            return None
        listener.woken.clear()
        listener.seen = self.now
        return self.now

    async def _look(self) -> None:
        while self._listeners:
            if self.is_stopping:
                self._wake_all()
                return
            try:
                newest = await self._newest()
            except Exception:
                log.exception("the live pages' look at the database failed; they look again in %d s", PAUSE_S)
                await asyncio.sleep(PAUSE_S)
                continue
            if newest != self.now:
                self.now = newest
                self._wake_all()
            await asyncio.sleep(LOOK_S)

    def _wake_all(self) -> None:
        for listener in self._listeners:
            listener.woken.set()
