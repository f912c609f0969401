"""How much the agent reports: one enum, one table, pure.

The ladder has four steps. Each look at the allowances moves by one step at most, so that every step is
told. Between the fill that tightens and the fill that eases lies a distance, so that a use which
swings around one of them does not swing the step.

A pause that lasts too long is `OVERDUE`: when the logs are not what uses the processor, leaving them
unread would help nobody, and they would be rotated away.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import IntEnum, StrEnum
from typing import Final

BOUNDS: Final = (0.35, 0.50, 0.60, 0.75, 0.85, 1.00)  # shares of an allowance that are used


class Step(StrEnum):
    """What is reported."""

    FULL = "full"
    LEAN = "lean"  # no context, no samples: one text an event
    COUNTS = "counts"  # codes, identities and counts
    HEARTBEAT = "heartbeat"  # logs wait where they are; health, results and audit heads go on


class Band(IntEnum):
    """How much of the fullest allowance is used: the number of `BOUNDS` that are reached."""

    UNDER_35 = 0
    FROM_35 = 1
    FROM_50 = 2
    FROM_60 = 3
    FROM_75 = 4
    FROM_85 = 5
    SPENT = 6
    OVERDUE = 7  # logs have waited for as long as they may


_F, _L, _C, _H = Step.FULL, Step.LEAN, Step.COUNTS, Step.HEARTBEAT
TABLE: Final[dict[Step, tuple[Step, ...]]] = {
    #     under 35, 35, 50, 60, 75, 85, spent, overdue
    Step.FULL: (_F, _F, _L, _L, _L, _L, _L, _F),
    Step.LEAN: (_F, _L, _L, _L, _C, _C, _C, _L),
    Step.COUNTS: (_L, _L, _L, _C, _C, _C, _H, _C),
    Step.HEARTBEAT: (_C, _C, _C, _C, _C, _H, _H, _C),
}


def band_of(fill: float) -> Band:
    """The band of a used share.

    >>> [band_of(fill).name for fill in (0.0, 0.5, 0.99, 1.0)]
    ['UNDER_35', 'FROM_50', 'FROM_85', 'SPENT']
    """
    return Band(bisect_right(BOUNDS, fill))


def next_step(step: Step, band: Band) -> Step:
    """The step after a look."""
    return TABLE[step][band]
