"""All log sources of the agent, read fairly, deposited together with their positions.

The agent's loop calls `turn` when it is woken, or when the time that the last turn asked for has passed.
A turn gives every source one step and deposits what came of it in one commit a source. When the spool
is full the deposit waits, that source reads nothing more, and every later turn tries again: nothing
moves that is not stored.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.logs.bursts import clip_line
from agent.logs.follow import Follower, Haul
from agent.logs.rules import SourceRefused, SourceRules, compile_source
from agent.logs.watch import Watch
from agent.settings.model import Source
from agent.spool.port import Deposit, Intake, SpoolFull
from wire.messages import SourceState
from wire.sentence import Sentence, sentence

POLL_S: Final = 1.0  # the safety net when no notice comes
POSITIONS_EVERY: Final = timedelta(seconds=1)  # positions alone, without events, are stored this often at most


@dataclass
class _Reading:
    """One source at work. `waiting` is a deposit that the spool had no room for."""

    source: Source
    follower: Follower | None = None
    refused: Sentence | None = None  # why it cannot be read, or why it goes on by its old rules
    waiting: Deposit | None = None
    stored_at: datetime | None = None


class LogReader:
    """Reads every source. One thread takes the turns; others may reload it and ask for problems."""

    def __init__(self, sources: Iterable[Source], intake: Intake, watch: Watch | None = None) -> None:
        self._intake = intake
        self._watch = watch
        self._readings: dict[str, _Reading] = {}
        self._lock = threading.Lock()
        self.reload(sources)

    def reload(self, sources: Iterable[Source]) -> None:
        """Read these sources by their catalogues as they are now; every file goes on where it stands.

        A source whose rules or catalogue are broken keeps its old ones, and `problems` says so.
        """
        wanted = {source.name: source for source in sources}
        with self._lock:
            for gone in self._readings.keys() - wanted.keys():
                self._drop(gone)
            for source in wanted.values():
                self._reload_one(source)
            self._watch_directories()

    def turn(self, now: datetime) -> float:
        """Read what is there, deposit it; seconds until it wants to be called again (0: there is more)."""
        with self._lock:
            if self._watch and self._watch.problem:
                self._watch_directories()  # a directory that was missing may be there now
            waits = [self._turn_one(reading, now) for reading in self._readings.values()]
        return min(waits, default=POLL_S)

    def problems(self) -> list[SourceState]:
        """Every followed file with its position; `problem` is empty where all is well."""
        states: list[SourceState] = []
        with self._lock:
            for reading in self._readings.values():
                if reading.refused:
                    problem = clip_line(str(reading.refused))
                    states.append(SourceState(path=reading.source.path, position=0, problem=problem))
                if reading.follower:
                    states += reading.follower.states()
        if self._watch and self._watch.problem:
            states.append(SourceState(path="inotify", position=0, problem=str(self._watch.problem)))
        return states

    def catalogues(self) -> dict[str, str]:
        """Product -> version of every catalogue in use."""
        with self._lock:
            followers = [reading.follower for reading in self._readings.values() if reading.follower]
            used = [follower.rules.scanner.catalogue for follower in followers]
        return {catalogue.product: catalogue.version for catalogue in used}

    def close(self) -> None:
        """Store the positions that only moved, and give every file back."""
        with self._lock:
            for name in list(self._readings):
                self._drop(name)
        if self._watch:
            self._watch.close()

    def _watch_directories(self) -> None:
        if self._watch:
            self._watch.watch({str(Path(reading.source.path).parent) for reading in self._readings.values()})

    def _turn_one(self, reading: _Reading, now: datetime) -> float:
        follower = reading.follower
        if follower is None or (reading.waiting is not None and not self._store(reading)):
            return POLL_S
        haul = follower.turn(now)
        reading.waiting = self._deposit_of(reading, follower, haul, now)
        if reading.waiting is not None:
            reading.stored_at = now
            if not self._store(reading):
                return POLL_S
        if haul.more:
            return 0.0
        silence = follower.silence_left(now)
        return POLL_S if silence is None else min(POLL_S, silence.total_seconds())

    def _deposit_of(self, reading: _Reading, follower: Follower, haul: Haul, now: datetime) -> Deposit | None:
        """What must be stored now; None when nothing, or only positions that can wait for a second."""
        cursors = follower.moved()
        has_found = bool(haul.events or haul.gaps or haul.forgotten) or follower.has_unknown()
        if not has_found:
            is_early = reading.stored_at is not None and timedelta(0) <= now - reading.stored_at < POSITIONS_EVERY
            if not cursors or is_early:
                return None
        return Deposit(events=haul.events, gaps=haul.gaps, cursors=cursors, forgotten=haul.forgotten)

    def _store(self, reading: _Reading) -> bool:
        deposit, follower = reading.waiting, reading.follower
        if deposit is None or follower is None:
            return True
        try:
            self._intake.deposit(deposit)
        except SpoolFull:
            return False
        follower.stored(deposit.cursors, deposit.forgotten)
        reading.waiting = None
        return True

    def _reload_one(self, source: Source) -> None:
        reading = self._readings.setdefault(source.name, _Reading(source))
        try:
            rules = compile_source(source)
        except SourceRefused as refusal:
            reading.refused = _refusal(refusal, goes_on=reading.follower is not None)
            return
        reading.refused = None
        follower = reading.follower
        if follower is not None and follower.rules.source.path == source.path:
            follower.change_rules(rules)
        else:
            self._begin(reading, rules)
        reading.source = source

    def _begin(self, reading: _Reading, rules: SourceRules) -> None:
        """Start following; a source whose path was changed starts over with what is stored of it."""
        self._end(reading)
        name = rules.source.name
        is_first = not self._intake.first_start_seen(name)
        reading.follower = Follower(rules, self._intake.cursors(name), is_first_start=is_first)

    def _drop(self, name: str) -> None:
        self._end(self._readings.pop(name))

    def _end(self, reading: _Reading) -> None:
        """Store what is not stored yet, as far as there is room, and close the files."""
        follower = reading.follower
        if follower is None:
            return
        if self._store(reading):
            reading.waiting = _positions(follower)
            self._store(reading)
        follower.close()
        reading.follower = reading.waiting = None


def _positions(follower: Follower) -> Deposit | None:
    cursors = follower.moved()
    return Deposit(cursors=cursors) if cursors else None


def _refusal(refusal: SourceRefused, *, goes_on: bool) -> Sentence:
    if goes_on:
        return sentence("{problem} (the old rules stay in use)", problem=str(refusal))
    return sentence("{problem}", problem=str(refusal))
