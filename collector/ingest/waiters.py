"""Agents that wait at the collector: one future each, no thread, and no more than the limit.

`wait` belongs to the event loop; the waker's thread takes the names and wakes them. One agent has one
place: whoever asks again with the same key takes it over, and the first is told so.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection
from enum import StrEnum
from typing import Any

from collector.errors import CollectorError
from wire.sentence import sentence


class Wake(StrEnum):
    """Why a wait has ended."""

    DUE = "due"
    NOTHING = "nothing"  # its time is over
    GONE = "gone"  # the connection is
    REPLACED = "replaced"
    REVOKED = "revoked"
    STOPPING = "stopping"


class NoPlace(CollectorError):
    """All places are taken, or the collector is stopping."""


class Waiters:
    """At most `most` agents by key id."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._places: dict[str, asyncio.Future[Wake]] = {}
        self._fresh: set[str] = set()
        self._lock = threading.Lock()
        self._is_closed = False

    async def wait(self, key_id: str, seconds: float, gone: Callable[[], Awaitable[None]]) -> Wake:
        """Until something wakes this agent, its time is over or `gone` returns. Raises `NoPlace`."""
        mine: asyncio.Future[Wake] = asyncio.get_running_loop().create_future()
        self._enter(key_id, mine)
        leaving = asyncio.ensure_future(gone())
        try:
            either: set[asyncio.Future[Any]] = {mine, leaving}
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._leave(key_id, mine)
            leaving.cancel()
        if mine.done():
            return mine.result()
        return Wake.GONE if leaving.done() else Wake.NOTHING

    def __len__(self) -> int:
        return len(self._places)

    def fresh(self) -> set[str]:
        """Who has come since this was asked last: nobody has looked yet whether something is due for them."""
        with self._lock:
            found, self._fresh = self._fresh, set()
            return found

    def present(self) -> set[str]:
        """Everybody who waits now."""
        with self._lock:
            return set(self._places)

    def wake(self, key_ids: Collection[str], why: Wake) -> None:
        """End the waits of these agents, from any thread."""
        with self._lock:
            found = [self._places[key_id] for key_id in key_ids if key_id in self._places]
        if found:
            found[0].get_loop().call_soon_threadsafe(_settle, found, why)

    def close(self) -> None:
        """End all waits and take no more; called in the event loop."""
        with self._lock:
            self._is_closed = True
            found = list(self._places.values())
        _settle(found, Wake.STOPPING)

    def _enter(self, key_id: str, mine: asyncio.Future[Wake]) -> None:
        with self._lock:
            before = self._places.get(key_id)
            if self._is_closed or (before is None and len(self._places) >= self._most):
                raise NoPlace(sentence("no more agents can wait here"))
            self._places[key_id] = mine
            self._fresh.add(key_id)
        if before is not None:
            _settle([before], Wake.REPLACED)

    def _leave(self, key_id: str, mine: asyncio.Future[Wake]) -> None:
        with self._lock:
            if self._places.get(key_id) is mine:
                del self._places[key_id]
                self._fresh.discard(key_id)


def _settle(futures: list[asyncio.Future[Wake]], why: Wake) -> None:
    for future in futures:
        if not future.done():
            future.set_result(why)
