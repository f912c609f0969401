"""How many bytes a second may cross to a target: a bucket of tokens, filled by the clock that it is given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Final

PIECE_BYTES: Final = 64 << 10  # what is sent between two looks at the bucket
BURST_S: Final = 0.25  # what an idle second half may be caught up with


class Pace:
    """A limit shared by everything that uses one connection. `bytes_per_s` None: no limit."""

    def __init__(
        self, bytes_per_s: int | None, monotonic: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        self._rate = bytes_per_s
        self._monotonic = monotonic
        self._sleep = sleep
        self._free_at = monotonic()
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Wait until `count` bytes more may go."""
        if not self._rate:
            return
        with self._lock:
            now = self._monotonic()
            start = max(self._free_at, now - BURST_S)
            self._free_at = start + count / self._rate
            wait_s = start - now
        if wait_s > 0:
            self._sleep(wait_s)

    def pieces(self, content: bytes) -> Iterator[bytes]:
        """The content in pieces, each when it may go."""
        view = memoryview(content)
        for start in range(0, len(view), PIECE_BYTES):
            piece = view[start : start + PIECE_BYTES]
            self.take(len(piece))
            yield bytes(piece)
