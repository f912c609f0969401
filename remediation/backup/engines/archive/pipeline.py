"""From content to packs: hashed, compressed and sealed by a few threads, packed in the order it was given.

A bounded number of chunks is on its way, so that a slow target slows the reading down and memory stays small.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from remediation.backup.engines.archive.chunks import seal
from remediation.backup.engines.archive.objects import Opened
from remediation.backup.engines.archive.packs import PackWriter

THREADS: Final = max(2, min(4, os.cpu_count() or 1))
WAITING_MAX: Final = 2 * THREADS + 2  # chunks on their way, a MiB each

CLAIMED_MAX: Final = 65_536  # what is known to the index needs no memory here


class Slot:
    """A chunk that was given away; `id` is there once it is settled."""

    __slots__ = ("id",)

    def __init__(self, id_: bytes = b"") -> None:
        self.id = id_


class Pipeline:
    """One run's way to the target. For one thread."""

    def __init__(self, repository: Opened, sent: Callable[[int], None]) -> None:
        self._keys = repository.keys
        self._index = repository.index
        self._packs = PackWriter(repository, sent)
        self._pool = ThreadPoolExecutor(THREADS, "chunks")
        self._waiting: deque[tuple[Slot, int, Future[tuple[bytes, bytes | None]]]] = deque()
        self._claimed: set[bytes] = set()
        self._lock = threading.Lock()

    @property
    def added_bytes(self) -> int:
        """What went to the target."""
        return self._packs.added_bytes

    def give(self, content: bytes | bytearray, slot: Slot) -> None:
        """Keep a chunk."""
        number = next(self._packs.numbers)
        self._waiting.append((slot, len(content), self._pool.submit(self._sealed, bytes(content), number)))
        self._settle(WAITING_MAX)

    def settle(self) -> None:
        """Until every slot has its id."""
        self._settle(0)

    def finish(self) -> list[str]:
        """Everything is at the target; the index objects that were written."""
        self._settle(0)
        self._packs.finish()
        return self._packs.indexes

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)
        self._packs.close()

    def _sealed(self, content: bytes, number: int) -> tuple[bytes, bytes | None]:
        id_ = self._keys.chunk_id(content)
        if not self._claim(id_):
            return id_, None
        return id_, seal(self._packs.key, id_, number, content)

    def _claim(self, id_: bytes) -> bool:
        """Whether this chunk is new, and nobody else's."""
        with self._lock:
            if id_ in self._claimed or self._index.has(id_):
                return False
            self._claimed.add(id_)
            if len(self._claimed) > CLAIMED_MAX:
                self._claimed = {claimed for claimed in self._claimed if not self._index.has(claimed)}
            return True

    def _settle(self, left: int) -> None:
        while len(self._waiting) > left:
            slot, raw, future = self._waiting.popleft()
            slot.id, sealed = future.result()
            if sealed is not None:
                self._packs.add(slot.id, sealed, raw)
