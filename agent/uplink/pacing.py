"""How long to wait, pure: every chance is a number between 0 and 1 that the caller drew.

Full jitter (base 2 s, doubled each time, cap 300 s): after an outage the agents of a whole fleet come
back spread over the time, not in one wave.
"""

from __future__ import annotations

from typing import Final

from wire.pacing import phase_s

BASE_S: Final = 2.0
CAP_S: Final = 300.0
RETRY_AFTER_MAX_S: Final = 3_600.0  # a collector cannot silence its agents for longer than an hour ...
UNSIGNED_MAX_S: Final = CAP_S  # ... and whoever is not provably the collector no longer than our own backoff
FIRST_MAX_S: Final = 300.0  # the first report after a start is spread over one interval, and no more than this
SPREAD: Final = 0.1


def backoff_s(failures: int, chance: float) -> float:
    """Seconds to wait after `failures` failures in a row (from 1), between nothing and the cap.

    >>> [backoff_s(n, 1.0) for n in (1, 2, 3, 50)]
    [2.0, 4.0, 8.0, 300.0]
    """
    exponent = min(max(failures, 1) - 1, 20)
    return chance * min(CAP_S, BASE_S * (1 << exponent))


def busy_s(failures: int, retry_after_s: float, chance: float) -> float:
    """Seconds to wait when the collector asked for time: at least what it said, plus the jitter.

    >>> busy_s(1, 30.0, 0.5)
    31.0
    """
    return min(max(retry_after_s, 0.0), RETRY_AFTER_MAX_S) + backoff_s(failures, chance)


def rest_s(chance: float) -> float:
    """Seconds between tries of an agent that the collector has shut out: half the cap to the cap."""
    return CAP_S * (0.5 + chance / 2)


def heeded_s(retry_after_s: float, *, is_signed: bool) -> float:
    """How much of a Retry-After is followed.

    >>> [heeded_s(wait_s, is_signed=signed) for wait_s in (45.0, 10_000.0) for signed in (True, False)]
    [45.0, 45.0, 3600.0, 300.0]
    """
    return min(max(retry_after_s, 0.0), RETRY_AFTER_MAX_S if is_signed else UNSIGNED_MAX_S)


def first_s(interval_s: float, chance: float) -> float:
    """Seconds from a start to the first report: a fleet that starts together does not report together.

    >>> [first_s(60.0, 0.5), first_s(3_600.0, 0.5)]
    [30.0, 150.0]
    """
    return chance * min(interval_s, FIRST_MAX_S)


def until_next_s(agent: str, interval_s: float, clock_s: float, chance: float, phase: float | None = None) -> float:
    """Seconds from `clock_s` to this agent's next report: its phase, give or take a tenth of the interval.

    `phase` is what the collector said, in seconds; without it the agent's own counts. Never sooner than half an
    interval, so that jitter cannot make two reports of one.

    >>> until_next_s("a1", 60.0, 1_000.0, 0.5) <= 90
    True
    """
    to_phase = ((phase_s(agent, interval_s) if phase is None else phase) - clock_s) % interval_s
    if to_phase < interval_s / 2:
        to_phase += interval_s
    return max(interval_s / 2, to_phase + interval_s * SPREAD * (2 * chance - 1))
