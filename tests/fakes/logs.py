"""A log directory with a catalogue, and a reader of it that can be stopped and started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.logs.reader import LogReader
from agent.settings.model import Source
from tests.fakes.intake import MemoryIntake
from wire.messages import Event

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

CATALOGUE = r"""
product: clinic
version: "7"
modules:
  - code: BIL
    name: {en: Billing, ko: 수납, zh: 收费}
    errors:
      - code: NUMBERED
        level: 2
        title: {en: Numbered line, ko: 번호 줄, zh: 编号行}
        match: [{regex: 'ERROR number (?P<number>\d+)'}]
        identity: [number]
      - code: TIMEOUT
        level: 3
        title: {en: Timeout, ko: 시간 초과, zh: 超时}
        match: [{regex: 'timeout of (?P<what>\w+)'}, {literal: 시간 초과}]
        clears_by: BACK
      - code: BACK
        level: 4
        title: {en: Back again, ko: 복구, zh: 恢复}
        match: [{literal: back again}]
"""


class Site:
    """One folder, one source, one spool."""

    def __init__(self, folder: Path, **source: Any) -> None:
        self.folder = folder
        self.log = folder / "app.log"
        self.catalogue = folder / "catalogue.yaml"
        if not self.catalogue.exists():
            self.catalogue.write_text(CATALOGUE, encoding="utf-8")
        given = {"name": "app", "path": str(self.log), "catalogue": str(self.catalogue), **source}
        self.source = Source(**given)
        self.intake = MemoryIntake()
        self.now = START
        self.reader = LogReader([self.source], self.intake)

    def write(self, text: str | bytes, log: Path | None = None) -> None:
        """Append, as a logger does."""
        with (log or self.log).open("ab") as file:
            file.write(text.encode() if isinstance(text, str) else text)

    def read(self) -> list[Event]:
        """Take turns until there is nothing more to read; the events of these turns."""
        before = len(self.intake.events)
        for _ in range(1_000):
            if self.reader.turn(self.now) > 0:
                return self.intake.events[before:]
        raise AssertionError("the reader never comes to rest")

    def sleep(self, seconds: float) -> None:
        """Let the clock go on."""
        self.now += timedelta(seconds=seconds)

    def crash(self) -> None:
        """Lose the process: nothing but the spool survives. Descriptors are closed as the kernel would."""
        for place in self.reader._places.values():
            if place.reading.follower:
                place.reading.follower.close()
        self.reader = LogReader([self.source], self.intake)

    def problems(self) -> dict[str, str]:
        """What is wrong, by path."""
        return {Path(state.path).name: state.problem for state in self.reader.problems() if state.problem}


def numbered(*numbers: int) -> str:
    """Lines that are each an event of their own."""
    return "".join(f"2026-11-24 10:00:00 ERROR number {number}\n" for number in numbers)


def numbers(events: list[Event]) -> list[int]:
    """The numbers that were found, each as often as it was counted."""
    return [int(event.identity["number"]) for event in events for _ in range(event.count) if event.code == "NUMBERED"]
