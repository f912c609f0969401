"""When each probe is read, and what happens to one that does not come back.

A probe has one reading under way at most, and no more than `TOGETHER` probes are read at a time. One
that takes longer than its deadline is told as a fault of its own (HOST-CHK-0002), stops counting among
those, and is started again only when it has ended by itself. With `STUCK` of them nothing more is
started. All this runs in a loop of its own, so that health samples and exchange are never late for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from agent.health.probe import Probe
from agent.health.running import Attempt, Outcome
from agent.spool.port import SpoolFull

DEADLINE_S: Final = 30.0
TOGETHER: Final = 4
STUCK: Final = 16
IDLE_S: Final = 60.0
APART_S: Final = 0.2  # between the first readings after a start

_log = logging.getLogger("sitewarden")


class Sink(Protocol):
    """Where outcomes go."""

    def take(self, probe: str, outcome: Outcome, now: datetime) -> None:
        """Judge and store what a reading gave; `SpoolFull` when it could not be stored."""

    def hangs(self, probe: str, now: datetime) -> None:
        """Tell that the probe hangs."""

    def forget(self, kept: frozenset[str], now: datetime) -> None:
        """Clear the faults of every probe that is not among `kept`."""


@dataclass
class _Slot:
    probe: Probe
    due_s: float
    attempt: Attempt | None = None


class Rounds:
    """Reads probes in turns. `wake` is called by a probe's thread when it is done."""

    def __init__(
        self,
        sink: Sink,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        wake: Callable[[], None],
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._sink = sink
        self._now = now
        self._monotonic = monotonic
        self._wake = wake
        self._deadline_s = deadline_s
        self._slots: dict[str, _Slot] = {}
        self._lost: list[Attempt] = []  # of probes that are no longer wanted

    def change(self, probes: Sequence[Probe]) -> None:
        """Read these from now on; a reading under way is kept under its name, so that it is not doubled."""
        now_s = self._monotonic()
        before, self._slots = self._slots, {}
        for at, probe in enumerate(probes):
            old = before.pop(probe.name, None)
            self._slots[probe.name] = _Slot(probe, now_s + at * APART_S, old.attempt if old else None)
        self._lost += [slot.attempt for slot in before.values() if slot.attempt]
        self._sink.forget(frozenset(self._slots), self._now())

    def turn(self) -> float:
        """Take what is done, tell what hangs, start what is due; seconds until the next turn."""
        now_s = self._monotonic()
        for slot in self._slots.values():
            if slot.attempt is not None:
                self._look_at(slot, slot.attempt, now_s)
        self._lost = [attempt for attempt in self._lost if attempt.outcome is None]
        busy = [slot.attempt for slot in self._slots.values() if slot.attempt]
        stuck = len(self._lost) + sum(attempt.is_told for attempt in busy)
        room = TOGETHER - sum(not attempt.is_told for attempt in busy) if stuck < STUCK else 0
        waiting = sorted(
            (slot for slot in self._slots.values() if slot.attempt is None and slot.due_s <= now_s),
            key=lambda slot: slot.due_s,
        )
        for slot in waiting[: max(0, room)]:
            slot.attempt = Attempt(slot.probe, self._now(), started_s=now_s, on_end=self._wake)
            slot.attempt.start()
        return self._wait_s(now_s)

    def _look_at(self, slot: _Slot, attempt: Attempt, now_s: float) -> None:
        name = slot.probe.name
        try:
            if attempt.outcome is not None:
                slot.attempt, slot.due_s = None, now_s + slot.probe.interval_s
                self._sink.take(name, attempt.outcome, self._now())
            elif not attempt.is_told and now_s - attempt.started_s >= self._deadline_s:
                attempt.is_told = True
                self._sink.hangs(name, self._now())
        except SpoolFull as full:
            _log.warning("what the probe %s found was not stored, the spool has no room: %s", name, full)

    def _wait_s(self, now_s: float) -> float:
        times = [now_s + IDLE_S]
        for slot in self._slots.values():
            if slot.attempt is None:
                times.append(max(slot.due_s, now_s + APART_S))
            elif not slot.attempt.is_told:
                times.append(slot.attempt.started_s + self._deadline_s)
        return max(0.0, min(times) - now_s)
