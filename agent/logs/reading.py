"""One source at work: its rules, its follower, and what waits for room in the spool.

Everything here touches the logs and may hang with their file system, so it is done by one thread at a
time (`hands.py`); what others want to know of it stands in `states`, which is replaced whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from msgspec.structs import replace

from agent.followed import Followed, followed
from agent.logs.follow import Follower
from agent.logs.haul import Haul
from agent.logs.journal import PATH, JournalFollower
from agent.logs.rules import SourceRefused, SourceRules, compile_source
from agent.settings.model import Source
from agent.spool.port import Cursor, Deposit, Intake, SpoolFull
from wire.sentence import Sentence, sentence

POLL_S: Final = 1.0  # the safety net when no notice comes
POSITIONS_EVERY: Final = timedelta(seconds=1)  # positions alone, without events, are stored this often at most


class Following(Protocol):
    """What follows one source, be it files or the journal."""

    rules: SourceRules

    def turn(self, now: datetime) -> Haul:
        """Look, and read some."""

    def moved(self) -> list[Cursor]:
        """Cursors that differ from what is stored."""

    def has_unknown(self) -> bool:
        """Whether something is read of which nothing is stored yet."""

    def stored(self, cursors: Sequence[Cursor], forgotten: Sequence[Cursor]) -> None:
        """A deposit with these was stored."""

    def silence_left(self, now: datetime) -> timedelta | None:
        """Until something that waits ends by silence."""

    def change_rules(self, rules: SourceRules) -> None:
        """Go on by new rules."""

    def states(self) -> list[Followed]:
        """What is followed, with its position and what is wrong with it."""

    def close(self) -> None:
        """Give everything back."""


class Reading:
    """One source. `waiting` is a deposit that the spool had no room for."""

    def __init__(self, source: Source, intake: Intake, databases: Path | None) -> None:
        self.source = source
        self.states: list[Followed] = []
        self.open_max = 1
        self.follower: Following | None = None
        self._intake = intake
        self._databases = databases
        self._refused: Sentence | None = None  # why it cannot be read, or why it goes on by its old rules
        self._waiting: Deposit | None = None
        self._stored_at: datetime | None = None

    def turn(self, now: datetime) -> float:
        """Read what is there, deposit it; seconds until it wants to be called again (0: there is more)."""
        try:
            return self._turn(now)
        finally:
            self._tell()

    def reload(self, source: Source) -> None:
        """Read by these settings and by the catalogue as it is now; every file goes on where it stands."""
        try:
            rules = compile_source(with_time(source), self._databases)
        except SourceRefused as refusal:
            self._refused = _refusal(refusal, goes_on=self.follower is not None)
            self._tell()
            return
        self._refused = None
        if self.follower is not None and _stays(self.source, source):
            self.follower.change_rules(rules)
        else:
            self._begin(rules)
        self.source = source
        self._tell()

    def end(self) -> None:
        """Store what is not stored yet, as far as there is room, and close the files."""
        follower = self.follower
        if follower is None:
            return
        if self._store():
            self._waiting = _positions(follower.moved())
            self._store()
        follower.close()
        self.follower = self._waiting = None

    def _turn(self, now: datetime) -> float:
        follower = self.follower
        if follower is None or (self._waiting is not None and not self._store()):
            return POLL_S
        if isinstance(follower, Follower):
            follower.open_max = self.open_max
        haul = follower.turn(now)
        self._waiting = self._deposit_of(follower, haul, now)
        if self._waiting is not None:
            self._stored_at = now
            if not self._store():
                return POLL_S
        if haul.more:
            return 0.0
        silence = follower.silence_left(now)
        return POLL_S if silence is None else min(POLL_S, silence.total_seconds())

    def _deposit_of(self, follower: Following, haul: Haul, now: datetime) -> Deposit | None:
        """What must be stored now; None when nothing, or only positions that can wait for a second."""
        cursors = follower.moved()
        has_found = bool(haul.events or haul.unknowns or haul.gaps or haul.forgotten) or follower.has_unknown()
        if not has_found:
            is_early = self._stored_at is not None and timedelta(0) <= now - self._stored_at < POSITIONS_EVERY
            if not cursors or is_early:
                return None
        return Deposit(
            events=haul.events,
            unknowns=haul.unknowns,
            gaps=haul.gaps,
            cursors=cursors,
            forgotten=haul.forgotten,
        )

    def _store(self) -> bool:
        deposit, follower = self._waiting, self.follower
        if deposit is None or follower is None:
            return True
        try:
            self._intake.deposit(deposit)
        except SpoolFull:
            return False
        follower.stored(deposit.cursors, deposit.forgotten)
        self._waiting = None
        return True

    def _begin(self, rules: SourceRules) -> None:
        """Start following; a source whose path was changed starts over with what is stored of it."""
        self.end()
        name = rules.source.name
        is_first = not self._intake.first_start_seen(name)
        kind = Follower if rules.source.journal is None else JournalFollower
        self.follower = kind(rules, self._intake.cursors(name), is_first_start=is_first)

    def _tell(self) -> None:
        states: list[Followed] = []
        if self._refused:
            states.append(followed(self.source.path or PATH, 0, self._refused))
        self.states = states + (self.follower.states() if self.follower else [])


def _stays(old: Source, new: Source) -> bool:
    """Whether what is followed is the same, so that only the rules change."""
    return (old.path, old.journal) == (new.path, new.journal)


def with_time(source: Source) -> Source:
    """The journal's entries, and the lines of containers, begin with a time that the agent put there."""
    is_ours = source.journal is not None or source.format != "plain"
    return replace(source, time="iso") if is_ours and source.time is None else source


def _positions(cursors: Iterable[Cursor]) -> Deposit | None:
    moved = list(cursors)
    return Deposit(cursors=moved) if moved else None


def _refusal(refusal: SourceRefused, *, goes_on: bool) -> Sentence:
    if goes_on:
        return sentence("{problem} (the old rules stay in use)", problem=refusal.why)
    return refusal.why
