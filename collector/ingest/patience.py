"""Waiting for many futures, each of them at most so long, with one timer for all of them.

A timer for each costs more than all else that is done while it runs: nearly every one is cancelled. All wait equally
long, so the one that was added first is the first to be given up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TypeVar

T = TypeVar("T")


class Patience:
    """Belongs to one event loop."""

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._waiting: deque[tuple[float, asyncio.Future[object]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def limited(self, future: asyncio.Future[T]) -> asyncio.Future[T]:
        """The same future, which fails with `TimeoutError` when nothing else has come of it in time."""
        loop, waiting = future.get_loop(), self._waiting
        while waiting and waiting[0][1].done():
            waiting.popleft()
        waiting.append((loop.time() + self._most_s, future))  # type: ignore[arg-type]  # nothing is put into it
        if self._timer is None:
            self._timer = loop.call_later(self._most_s, self._look)
        return future

    def _look(self) -> None:
        waiting, loop = self._waiting, asyncio.get_running_loop()
        while waiting and (waiting[0][1].done() or waiting[0][0] <= loop.time()):
            _, future = waiting.popleft()
            if not future.done():
                future.set_exception(TimeoutError(f"nothing came for {self._most_s} s"))
        self._timer = loop.call_at(waiting[0][0], self._look) if waiting else None
