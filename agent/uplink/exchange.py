"""The delivery of batches as a table: what follows from what happened. No I/O, no clock.

Theory of operation
-------------------
One batch is under way at a time. What the world answers is first named (`answers.py`), then
refined here by what was counted (the third refusal of one batch is `POISONED`, a resync to the
same mark twice is `STUCK`), then looked up in `TABLE`. An event that the table does not know
for the state raises `IllegalStep` and changes nothing.

*Clock.* A collector that finds our clock off says its own time, signed. We correct the offset once
and send again at once; if it still says so, something else is wrong and we wait.

*Poison.* A batch that is refused again and again blocks all behind it. It is broken in halves until
one record is alone. That record is parked only on proof that the collector works: the batch right
before it, the other part of the last break-up, must have been acked; if need be an empty one. A
collector that answers 500 to everything therefore never makes us give up a single record, and
neither does one that worked this morning.

*Starting.* The first report after a start comes at a moment of the first interval that was drawn by lot,
unless something waits that is urgent: a fleet that starts together does not report together.

*Shut out.* 401 and 403: the key is unknown or revoked. We go on watching and storing within limits,
and ask again every few minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

REFUSALS_MAX: Final = 3


class State(StrEnum):
    """Where the delivery stands."""

    STARTING = "starting"  # ready, but the first report has not had its turn
    READY = "ready"
    UNDER_WAY = "under_way"
    CORRECTED = "corrected"  # ready, after the clock was corrected
    UNDER_WAY_CORRECTED = "under_way_corrected"
    WAITING = "waiting"
    SHUT_OUT = "shut_out"


class Happening(StrEnum):
    """What can happen to it."""

    SEND = "send"  # there is a batch, and we send it
    DUE = "due"  # the waiting time is over, or it is no time to wait
    ACKED = "acked"
    RESYNC = "resync"
    NEW_EPOCH = "new_epoch"
    STUCK = "stuck"  # the collector says the same unlikely thing again
    CLOCK_OFF = "clock_off"
    REFUSED = "refused"  # not taken, this time
    POISONED = "poisoned"  # not taken too often, or too large
    BUSY = "busy"
    FORBIDDEN = "forbidden"
    UNTRUSTED = "untrusted"  # an answer that is not provably the collector's
    UNREACHABLE = "unreachable"


class Act(StrEnum):
    """What the shell does next."""

    NOTHING = "nothing"
    TRANSMIT = "transmit"
    ACK = "ack"
    RESYNC = "resync"
    START_EPOCH = "start_epoch"
    CORRECT_CLOCK = "correct_clock"
    BREAK_UP = "break_up"
    BACK_OFF = "back_off"
    PAUSE = "pause"  # as long as the collector asked for
    REST = "rest"  # minutes


class IllegalStep(Exception):
    """An event that the table does not know for the state."""


_HEARD: Final[dict[Happening, tuple[State, Act]]] = {
    Happening.ACKED: (State.READY, Act.ACK),
    Happening.RESYNC: (State.READY, Act.RESYNC),
    Happening.NEW_EPOCH: (State.READY, Act.START_EPOCH),
    Happening.STUCK: (State.WAITING, Act.BACK_OFF),
    Happening.REFUSED: (State.WAITING, Act.BACK_OFF),
    Happening.POISONED: (State.READY, Act.BREAK_UP),
    Happening.BUSY: (State.WAITING, Act.PAUSE),
    Happening.FORBIDDEN: (State.SHUT_OUT, Act.REST),
    Happening.UNTRUSTED: (State.WAITING, Act.BACK_OFF),
    Happening.UNREACHABLE: (State.WAITING, Act.BACK_OFF),
}

TABLE: Final[dict[tuple[State, Happening], tuple[State, Act]]] = {
    (State.READY, Happening.SEND): (State.UNDER_WAY, Act.TRANSMIT),
    (State.CORRECTED, Happening.SEND): (State.UNDER_WAY_CORRECTED, Act.TRANSMIT),
    **{(State.UNDER_WAY, happening): entry for happening, entry in _HEARD.items()},
    **{(State.UNDER_WAY_CORRECTED, happening): entry for happening, entry in _HEARD.items()},
    (State.UNDER_WAY, Happening.CLOCK_OFF): (State.CORRECTED, Act.CORRECT_CLOCK),
    (State.UNDER_WAY_CORRECTED, Happening.CLOCK_OFF): (State.WAITING, Act.BACK_OFF),
    (State.STARTING, Happening.DUE): (State.READY, Act.NOTHING),
    (State.WAITING, Happening.DUE): (State.READY, Act.NOTHING),
    (State.SHUT_OUT, Happening.DUE): (State.READY, Act.NOTHING),
}

_PROGRESS: Final = frozenset({Happening.ACKED, Happening.RESYNC, Happening.NEW_EPOCH, Happening.POISONED})


class BreakUp(StrEnum):
    """What to do with a batch that the collector does not take."""

    SPLIT = "split"
    PARK = "park"
    WAIT = "wait"  # nothing in it to give up: only time can help


@dataclass
class Exchange:
    """The state, and what was counted on the way to it."""

    state: State = State.READY
    failures: int = 0  # in a row, for the backoff
    refusals: int = 0  # of the batch under way
    is_searching: bool = False  # a batch was broken up, and its parts are not all acked yet
    is_proven: bool = False  # the first part was acked
    _last_jump: tuple[Happening, int] | None = None

    def happen(self, happening: Happening) -> Act:
        """Take one step of the table; `IllegalStep` changes nothing."""
        entry = TABLE.get((self.state, happening))
        if entry is None:
            raise IllegalStep(f"{happening} cannot happen in {self.state}")
        self.state, act = entry
        self._count(happening, act)
        return act

    def refine(self, happening: Happening, mark: int) -> Happening:
        """What an answer means after all that was heard before it."""
        if happening is Happening.REFUSED and self.refusals + 1 >= REFUSALS_MAX:
            return Happening.POISONED
        if happening in {Happening.RESYNC, Happening.NEW_EPOCH} and self._last_jump == (happening, mark):
            return Happening.STUCK
        if happening in {Happening.RESYNC, Happening.NEW_EPOCH}:
            self._last_jump = (happening, mark)
        return happening

    def break_up(self, records: int) -> BreakUp:
        """How to go on with a poisoned batch of so many records."""
        if records == 0:
            self.state = State.WAITING
            self.failures += 1
            return BreakUp.WAIT
        if records == 1 and self.is_proven:
            self.is_proven = self.is_searching = False
            return BreakUp.PARK
        self.is_proven, self.is_searching = False, True
        return BreakUp.SPLIT

    def _count(self, happening: Happening, act: Act) -> None:
        if happening in _PROGRESS:
            self.failures = 0
            self.refusals = 0
        elif act in {Act.BACK_OFF, Act.PAUSE, Act.REST}:
            self.failures += 1
        if happening is Happening.REFUSED:
            self.refusals += 1
        if happening is Happening.ACKED:
            self.is_proven = self.is_searching and not self.is_proven
            self.is_searching = self.is_proven  # a second ack in a row ends the search
            self._last_jump = None
