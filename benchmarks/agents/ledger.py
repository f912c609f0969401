"""The load generator's own book: which events were sent, and which the collector has acknowledged.

It is written before and apart from anything that the collector keeps, so that "acked means stored, once"
can be judged by somebody who has seen only the wire. Lines are gathered and made durable every
`KEEP_S`; the file of what was sent is written before a batch leaves for the first time.

A line: `<event id> <site> <code> <count>`.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

KEEP_S = 0.2
SENT, ACKED = "sent", "acked"
Told = dict[str, tuple[str, str, int]]  # event id -> site, code, count


class Ledger:
    """Two files of one worker, below `folder`."""

    def __init__(self, folder: Path, worker: int) -> None:
        folder.mkdir(exist_ok=True)
        self._files: dict[str, BinaryIO] = {
            name: (folder / f"{name}-{worker}.txt").open("ab") for name in (SENT, ACKED)
        }
        self._lines: dict[str, list[bytes]] = {SENT: [], ACKED: []}

    def sent(self, lines: Iterable[bytes]) -> None:
        """Note what goes out for the first time."""
        self._lines[SENT].extend(lines)

    def acked(self, lines: Iterable[bytes]) -> None:
        """Note what was acknowledged, with a receipt whose signature holds."""
        self._lines[ACKED].extend(lines)

    async def keep(self) -> None:
        """Make it durable again and again."""
        while True:
            await asyncio.sleep(KEEP_S)
            await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Make it durable."""
        for name, file in self._files.items():
            lines, self._lines[name] = self._lines[name], []
            if lines:
                file.write(b"".join(lines))
                file.flush()
                os.fsync(file.fileno())

    def close(self) -> None:
        """The last lines, and the end."""
        self.flush()
        for file in self._files.values():
            file.close()


def read_ledger(folder: Path, name: str) -> Told:
    """Every line of all workers."""
    told: Told = {}
    for path in sorted(folder.glob(f"{name}-*.txt")):
        for line in path.read_text().splitlines():
            event, site, code, count = line.split(" ")
            told[event] = (site, code, int(count))
    return told


@dataclass(frozen=True)
class Stored:
    """What the database holds: events as (id, site, code, count), a row each; occurrences of tickets and faults."""

    events: list[tuple[str, str, str, int]]
    tickets: dict[tuple[str, str], int]  # by site and code
    faults: dict[tuple[str, str], int]


@dataclass
class Comparison:
    """What differs between the ledger and the database; empty is what was promised."""

    lost: list[str] = field(default_factory=list)  # acked, and not there
    doubled: list[str] = field(default_factory=list)  # there more than once
    foreign: list[str] = field(default_factory=list)  # there, and never sent so
    tickets: list[str] = field(default_factory=list)  # occurrences that are not those of its events
    faults: list[str] = field(default_factory=list)
    acked: int = 0
    stored: int = 0

    @property
    def differences(self) -> list[str]:
        """The names of what differs, with an example each."""
        names = ("lost", "doubled", "foreign", "tickets", "faults")
        return [f"{name}: {len(found)}, as {found[0]}" for name in names if (found := getattr(self, name))]


def compare(folder: Path, stored: Stored) -> Comparison:
    """The ledger in `folder` against the database."""
    sent, acked = read_ledger(folder, SENT), read_ledger(folder, ACKED)
    rows = Counter(event for event, *_ in stored.events)
    result = Comparison(acked=len(acked), stored=len(rows))
    result.lost = sorted(event for event in acked if event not in rows)
    result.doubled = sorted(event for event, count in rows.items() if count > 1)
    result.foreign = sorted(event for event, *told in stored.events if sent.get(event) != tuple(told))
    expected: Counter[tuple[str, str]] = Counter()
    for site, code, count in {event: (site, code, count) for event, site, code, count in stored.events}.values():
        expected[site, code] += count
    result.tickets = _unequal(expected, stored.tickets)
    result.faults = _unequal(expected, stored.faults)
    return result


def _unequal(expected: dict[tuple[str, str], int], found: dict[tuple[str, str], int]) -> list[str]:
    keys = sorted({*expected, *found})
    return [f"{key}: {found.get(key, 0)} instead of {expected.get(key, 0)}" for key in keys
            if found.get(key, 0) != expected.get(key, 0)]  # fmt: skip
