"""When to ask the collector to be woken, and for how long, pure. Times are seconds of a monotonic clock.

Theory of operation
-------------------
Each question is asked for `ask_s` seconds: what the collector allows, or less where the path is known
to cut longer ones. Two connections in a row that break after some silence taught us what the path bears
(one may be a collector that was restarted): the next questions stay a fifth below it, and after `TRUSTED`
whole waits a little more is tried.

A collector that is not ours any more can answer "now" to every question. Each one takes a coin; there are
`COINS`, and a new one each `COIN_S`. So in any time of T seconds at most `COINS + T / COIN_S` questions
are asked, whatever is answered, and that many exchanges can be caused and no more. An honest collector
holds a question for nearly a minute, and never empties the purse.

What fails is asked again with full jitter; a collector that knows no waiting is left alone for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.uplink.pacing import CAP_S, busy_s, rest_s
from wire.waiting import LONGEST_S, SHORTEST_S

COINS: Final = 6.0
COIN_S: Final = 5.0
LEAST_S: Final = 0.001  # of a pause: what rounding leaves over is no reason to look again at once
CUT_S: Final = 30.0  # a collector that dies cuts everybody at once: they do not come back at once
AFTER_DUE_S: Final = 1.0  # the exchange takes the document; until then the answer would be the same
MARGIN: Final = 0.8  # below what the path has cut
TRUSTED: Final = 10  # whole waits before more is tried
MORE: Final = 1.2


class Ending(StrEnum):
    """How a wait has ended."""

    DUE = "due"
    NOTHING = "nothing"  # held to its end
    CUT = "cut"  # the connection broke, or somebody on the way gave up
    CLOCK_OFF = "clock_off"  # the collector has signed that our clock is off, and says its own
    BUSY = "busy"  # no place, or the collector is stopping
    ABSENT = "absent"  # nobody waits at this collector
    FORBIDDEN = "forbidden"
    FAILED = "failed"  # unreachable, refused, or an answer that is not provably the collector's


@dataclass
class Patience:
    """What was learned, and when the next question may be asked."""

    allowed_s: float = LONGEST_S  # by the collector
    borne_s: float = LONGEST_S  # by the path
    failures: int = 0
    next_at: float = 0.0
    _coins: float = COINS
    _counted_at: float | None = None
    _whole: int = 0
    _cuts: int = 0

    @property
    def ask_s(self) -> float:
        """For how long to ask."""
        return max(SHORTEST_S, min(self.allowed_s, self.borne_s, LONGEST_S))

    def take(self, now: float) -> float:
        """0 and a coin less when a question may be asked now, else the seconds until it may."""
        if now < self.next_at:
            return max(LEAST_S, self.next_at - now)
        self._count(now)
        if self._coins < 1:
            return max(LEAST_S, (1 - self._coins) * COIN_S)
        self._coins -= 1
        return 0.0

    def learn(
        self,
        ending: Ending,
        *,
        now: float,
        held_s: float,
        chance: float,
        allowed_s: float | None = None,
        retry_after_s: float = 0.0,
    ) -> None:
        """What follows from a wait that ended so after `held_s`; `chance` is in [0, 1)."""
        if allowed_s is not None:
            self.allowed_s = allowed_s
        if ending is not Ending.CLOCK_OFF:
            self.failures = 0 if ending in {Ending.DUE, Ending.NOTHING} else self.failures + 1
        if ending is Ending.CUT:
            self._doubt(held_s)
        elif ending is Ending.NOTHING:
            self._trust()
        self.next_at = now + self._pause_s(ending, chance, retry_after_s)

    def _doubt(self, held_s: float) -> None:
        self._whole = 0
        if held_s < SHORTEST_S:
            return
        self._cuts += 1
        if self._cuts > 1:
            self._cuts = self.failures = 0
            self.borne_s = max(SHORTEST_S, min(self.ask_s, held_s) * MARGIN)

    def _trust(self) -> None:
        self._cuts = 0
        self._whole += 1
        if self._whole >= TRUSTED:
            self._whole = 0
            self.borne_s = min(LONGEST_S, self.borne_s * MORE)

    def _pause_s(self, ending: Ending, chance: float, retry_after_s: float) -> float:
        match ending:
            case Ending.DUE:
                return AFTER_DUE_S
            case Ending.NOTHING | Ending.CLOCK_OFF:
                return 0.0
            case Ending.CUT:
                return max(chance * CUT_S, busy_s(self.failures, retry_after_s, chance))
            case Ending.ABSENT:
                return CAP_S + rest_s(chance)
            case Ending.FORBIDDEN:
                return rest_s(chance)
        return busy_s(self.failures, retry_after_s, chance)

    def _count(self, now: float) -> None:
        before = now if self._counted_at is None else self._counted_at
        self._coins = min(COINS, self._coins + max(0.0, now - before) / COIN_S)
        self._counted_at = now
