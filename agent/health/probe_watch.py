"""What probes found becomes levels, events, memory and history, in one commit each.

A level belongs to (probe, code, subject) and is stored under one key. What fires and is not among a
probe's new readings is no longer there and clears; so does everything of a probe that the settings no
longer name. When a reading fails, what was found before stays as it was: not knowing is no recovery.
Nothing moves in memory before the deposit has succeeded, so a change that could not be stored is
found again by the next reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from agent.health.faults import event_of_code
from agent.health.forecast import DUE, FAR_DAYS, days_left
from agent.health.history import History, Row
from agent.health.probe import SUBJECT_CHARS, Reading, reading_of
from agent.health.running import Outcome
from agent.health.software_sent import SoftwareSent
from agent.health.thresholds import Change, Level, LevelState, judge_value
from agent.spool.port import Deposit
from wire.messages import Event

FAILED: Final = "HOST-CHK-0001"
HANGS: Final = "HOST-CHK-0002"
OWN: Final = frozenset({FAILED, HANGS})  # what the watch itself says of a probe
TRIES: Final = 2  # so many readings in a row have to fail before that is a fault
LEVEL: Final = "probe"
MEMORY: Final = "memory"
MEMORY_CHARS: Final = 100_000
SEPARATOR: Final = "\x1f"


class Key(NamedTuple):
    """What a level belongs to."""

    probe: str
    code: str
    subject: str


class ProbeStore(Protocol):
    """The spool as this watch sees it."""

    def levels(self) -> dict[str, str]:
        """The stored states by key."""

    def history(self) -> list[Row]:
        """The stored peaks."""


class ProbeWatch:
    """Judges readings; the levels live in the spool."""

    def __init__(
        self,
        store: ProbeStore,
        deposit: Callable[[Deposit], None],
        *,
        hostname: str,
        monotonic: Callable[[], float],
        software: SoftwareSent,
    ) -> None:
        self._deposit = deposit
        self._software = software
        self._hostname = hostname
        self._monotonic = monotonic
        self._history = History(store.history())
        self._failures: dict[str, int] = {}
        self._levels: dict[Key, Level] = {}
        self._memories: dict[str, str] = {}
        for stored, state in store.levels().items():
            kind, *names = stored.split(SEPARATOR)
            if kind == LEVEL and len(names) == len(Key._fields) and state == LevelState.FIRING:
                self._levels[Key(*names)] = Level(LevelState.FIRING)
            elif kind == MEMORY and len(names) == 1:
                self._memories[names[0]] = state

    def recall(self, probe: str) -> str:
        """What this probe remembered last."""
        return self._memories.get(probe, "")

    def firing(self) -> list[Key]:
        """Everything that is a fault now."""
        return sorted(key for key, level in self._levels.items() if level.state is LevelState.FIRING)

    def take(self, probe: str, outcome: Outcome, now: datetime) -> None:
        """Judge what a reading gave, and store what follows from it."""
        if outcome.problem:
            self._fail(probe, outcome.problem, now)
            return
        self._failures.pop(probe, None)
        readings = [replace(found, subject=_clean(found.subject)) for found in outcome.readings]
        rows = [row for found in readings if found.forecast for row in self._noted(probe, found, now)]
        readings += [self._forecast(probe, found) for found in readings if found.forecast]
        told = [found for found in readings if found.bounds is not None]
        told += [reading_of(code, "", is_bad=False, text=f"{probe} answers") for code in OWN]
        self._settle(probe, told, now, rows=rows, memory=outcome.memory, is_whole=True)
        if outcome.listings:
            sent, diffs = self._software.diffs(outcome.listings, now)
            if diffs:
                self._deposit(Deposit(software=diffs))
                self._software.note(sent)

    def hangs(self, probe: str, now: datetime) -> None:
        """Tell that a probe does not come back."""
        text = f"{probe} did not answer in time; it is not asked again before it has"
        self._settle(probe, [reading_of(HANGS, "", is_bad=True, text=text)], now)

    def forget(self, kept: frozenset[str], now: datetime) -> None:
        """Clear what fires of every probe that is not among `kept`."""
        for probe in sorted({key.probe for key in self._levels} - kept):
            self._settle(probe, [], now, is_whole=True)

    def _fail(self, probe: str, problem: str, now: datetime) -> None:
        failures = self._failures[probe] = self._failures.get(probe, 0) + 1
        told = [reading_of(HANGS, "", is_bad=False, text=f"{probe} answers")]
        if failures >= TRIES:
            told.append(reading_of(FAILED, "", is_bad=True, text=f"{probe}: {problem}"))
        self._settle(probe, told, now)

    def _settle(
        self,
        probe: str,
        readings: Iterable[Reading],
        now: datetime,
        *,
        rows: Iterable[Row] = (),
        memory: str | None = None,
        is_whole: bool = False,
    ) -> None:
        levels = dict(self._levels)
        events: list[Event] = []
        seen: set[Key] = set()
        for found in readings:
            key = Key(probe, found.code, found.subject)
            seen.add(key)
            self._judge(key, found, levels, events, now)
        for key in [key for key in levels if is_whole and key.probe == probe and key not in seen]:
            level = levels.pop(key)
            if level.state is LevelState.FIRING:
                words = f"{key.subject or probe} is no longer found or no longer looked at"
                events.append(self._event(key, Change.CLEARED, words, "", now))
        self._save(Deposit(events=events, levels=self._changed(levels, probe, memory), history=list(rows)))
        self._levels = levels
        if memory is not None:
            self._memories[probe] = memory[:MEMORY_CHARS]

    def _judge(self, key: Key, found: Reading, levels: dict[Key, Level], events: list[Event], now: datetime) -> None:
        if found.bounds is None:
            return
        level, change = judge_value(found.bounds, found.value, levels.get(key, Level()), self._monotonic())
        if level == Level():
            levels.pop(key, None)
        else:
            levels[key] = level
        if change is not None:
            events.append(self._event(key, change, found.text, f"{found.value:.6g} {found.unit}".strip(), now))

    def _event(self, key: Key, change: Change, text: str, value: str, now: datetime) -> Event:
        return event_of_code(
            key.code, change, names=(self._hostname, key.probe, key.subject), text=text, value=value, now=now
        )

    def _changed(self, levels: dict[Key, Level], probe: str, memory: str | None) -> list[tuple[str, str]]:
        """The rows to write: a state of "" removes one."""

        def firing(held: dict[Key, Level]) -> set[Key]:
            return {key for key, level in held.items() if level.state is LevelState.FIRING}

        before, after = firing(self._levels), firing(levels)
        rows = [(SEPARATOR.join((LEVEL, *key)), LevelState.FIRING.value) for key in sorted(after - before)]
        rows += [(SEPARATOR.join((LEVEL, *key)), "") for key in sorted(before - after)]
        if memory is not None and memory != self._memories.get(probe, ""):
            rows.append((SEPARATOR.join((MEMORY, probe)), memory[:MEMORY_CHARS]))
        return rows

    def _save(self, deposit: Deposit) -> None:
        if deposit.events or deposit.levels or deposit.history:
            self._deposit(deposit)

    def _noted(self, probe: str, found: Reading, now: datetime) -> list[Row]:
        return self._history.note(_series(probe, found), now, found.value)

    def _forecast(self, probe: str, found: Reading) -> Reading:
        days = days_left(self._history.points(_series(probe, found)))
        text = f"{found.text}; at the pace of the last days it is full in {days:.1f} days"
        if days >= FAR_DAYS:
            text = f"{found.text}; no trend towards the limit"
        return Reading(found.forecast, found.subject, days, "days", DUE, text)


def _series(probe: str, found: Reading) -> str:
    return SEPARATOR.join((probe, found.forecast, found.subject))


def _clean(subject: str) -> str:
    return subject.replace(SEPARATOR, "?")[:SUBJECT_CHARS]
