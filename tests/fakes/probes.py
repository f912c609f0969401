"""Probes that do as told, and a host to read them on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from agent.health.probe import Found, Probe, ProbeFailed, Reading
from agent.health.probe_watch import ProbeWatch
from agent.health.software_sent import SoftwareSent
from agent.spool import Spool
from tests.fakes.agent_parts import a_spool
from tests.fakes.collector import ManualClock
from wire.catalogue.model import Catalogue
from wire.messages import Event, Record, decode_record


class ScriptedProbe:
    """Yields what `found` holds; hangs while `gate` is closed; fails with `problem`."""

    def __init__(self, name: str = "told", interval_s: float = 60) -> None:
        self.name = name
        self.interval_s = interval_s
        self.found: list[Found] = []
        self.problem = ""
        self.gate = threading.Event()
        self.gate.set()
        self.starts = 0

    def read(self, now: datetime) -> Iterable[Found]:
        self.starts += 1
        self.gate.wait(60)
        if self.problem:
            raise ProbeFailed(self.problem)
        return list(self.found)


class Bare:
    """A context in which nothing is known."""

    def __init__(self, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.memories: dict[str, str] = {}
        self.offset_s: float | None = None
        self.held: dict[str, Catalogue] = {}

    def recall(self, probe: str) -> str:
        return self.memories.get(probe, "")

    def catalogues(self) -> Mapping[str, Catalogue]:
        return self.held

    def clock_offset_s(self) -> float | None:
        return self.offset_s

    def monotonic(self) -> float:
        return self.clock.monotonic()


class ProbeBench:
    """A watch over a real spool."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.spool: Spool = a_spool(folder, self.clock)
        self.watch = self.fresh()

    def fresh(self) -> ProbeWatch:
        """As after a restart of the agent."""
        self.watch = ProbeWatch(
            self.spool,
            self.spool.deposit,
            hostname="h",
            monotonic=self.clock.monotonic,
            software=SoftwareSent(self.folder),
        )
        return self.watch

    def records(self) -> list[Record]:
        return [decode_record(raw) for (raw,) in self.spool._read("SELECT record FROM waiting ORDER BY id")]

    def events(self) -> list[Event]:
        return [record for record in self.records() if isinstance(record, Event)]

    def told(self) -> list[tuple[str, str]]:
        """Code and subject of each event so far."""
        return [(event.code, _subject(event)) for event in self.events()]


def _subject(event: Event) -> str:
    return "/".join(value for name, value in event.identity.items() if name != "host")


def readings(probe: Probe, now: datetime) -> list[Reading]:
    """The readings alone."""
    return [found for found in probe.read(now) if isinstance(found, Reading)]


def bad(probe: Probe, now: datetime) -> list[tuple[str, str]]:
    """Code and subject of each reading that is beyond its bounds, were it to last."""
    return [(found.code, found.subject) for found in readings(probe, now) if _is_beyond(found)]


def _is_beyond(found: Reading) -> bool:
    if found.bounds is None:
        return False
    limit = found.bounds.raise_at
    return found.value <= limit if found.bounds.is_falling else found.value >= limit
