"""A journal in memory that prints what journalctl would."""

from __future__ import annotations

import json

from agent.settings.model import JournalRule

BEGAN_US = 1_795_482_000_000_000  # tests.fakes.logs.START


class MemoryJournal:
    """Entries with cursors; `start` begins to print them as `journalctl --follow` does."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, bytes]] = []
        self.running: list[MemoryJournalctl] = []
        self._count = 0

    def log(self, message: object, *, at_us: int = BEGAN_US + 1_000_000) -> None:
        self._count += 1
        fields = {
            "__CURSOR": f"s=1;i={self._count};t={at_us:x}",
            "__REALTIME_TIMESTAMP": str(at_us),
            "MESSAGE": message,
            "PRIORITY": "3",
            "SYSLOG_IDENTIFIER": "clinic",
            "_PID": "7",
        }
        self.entries.append((self._count, json.dumps(fields).encode() + b"\n"))

    def vacuum(self, keep: int) -> None:
        self.entries = self.entries[-keep:] if keep else []

    def start(self, rule: JournalRule, where: str) -> MemoryJournalctl:
        first = 0
        if where.startswith("--cursor="):
            first = int(where.split(";i=")[1].split(";", maxsplit=1)[0])
        self.running.append(MemoryJournalctl(self, first))
        return self.running[-1]


class MemoryJournalctl:
    """One that runs; `dies` makes it end with these last words."""

    def __init__(self, journal: MemoryJournal, first: int) -> None:
        self._journal = journal
        self._next = first
        self.last_words: bytes | None = None
        self.is_closed = False

    def read(self) -> bytes | None:
        if self.last_words is not None:
            words, self.last_words = self.last_words, b""
            return words or None
        new = [raw for number, raw in self._journal.entries if number >= self._next]
        if new:
            self._next = self._journal.entries[-1][0] + 1
        return b"".join(new)

    def close(self) -> None:
        self.is_closed = True
