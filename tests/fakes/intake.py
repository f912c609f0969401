"""A spool in memory: honest about what is stored, and able to be full or to lose its process."""

from __future__ import annotations

from agent.spool.port import Cursor, Deposit, SpoolFull
from wire.messages import Event, Gap


class MemoryIntake:
    """What was deposited survives as long as this object; a reader that is dropped is a crash."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.gaps: list[Gap] = []
        self.deposits = 0
        self.is_full = False
        self._cursors: dict[tuple[str, int, int], Cursor] = {}
        self._sources: set[str] = set()

    def cursors(self, source: str) -> list[Cursor]:
        return [cursor for cursor in self._cursors.values() if cursor.source == source]

    def levels(self) -> dict[str, str]:
        return {}

    def first_start_seen(self, source: str) -> bool:
        seen = source in self._sources
        self._sources.add(source)
        return seen

    def deposit(self, deposit: Deposit) -> None:
        if self.is_full:
            raise SpoolFull("full")
        self.deposits += 1
        self.events += deposit.events
        self.gaps += deposit.gaps
        for gone in deposit.forgotten:
            held = self._cursors.get((gone.source, gone.device, gone.inode))
            if held is not None and held.head_hash == gone.head_hash:
                del self._cursors[gone.source, gone.device, gone.inode]
        for cursor in deposit.cursors:
            self._cursors[cursor.source, cursor.device, cursor.inode] = cursor
