"""How often agents are asked to report, pure: times are seconds of a monotonic clock.

Theory of operation
-------------------
The usual interval is the settings' heartbeat. When the writer is busy for most of the time, or batches had to
be turned away, the interval grows by a step; agents learn it with their next receipt, so the next look comes
only after they all had one. When it is calm for longer, it shrinks by a step. A step down makes at most half
as much again of the load (`STEPS`), and what counts as calm is below half of what counts as busy: so a step
down is never the reason for a step up.

An agent that was told a longer interval may follow it until its next report. `expected_s` is the longest
interval that anybody may still follow: presence counts with that, so that nobody is called silent for doing
what was asked.
"""

from __future__ import annotations

from typing import Final

STEPS: Final = (1.0, 1.5, 2.0, 3.0, 4.0)
BUSY: Final = 0.75  # of the time
CALM: Final = 0.35
LEARNED: Final = 1.6  # intervals until every agent has heard of a new one: its phase and its jitter
CALM_LOOKS: Final = 3  # in a row, before the interval shrinks
LEAST_LOOK_S: Final = 10.0


def most_steps(stretch: float, *, usual_s: float, grace_s: float) -> float:
    """How far the interval may grow: after a restart nobody knows what was told, and the grace time has to cover it.

    >>> most_steps(4.0, usual_s=60.0, grace_s=600.0)
    4.0
    >>> most_steps(4.0, usual_s=300.0, grace_s=600.0)
    1.25
    """
    return min(stretch, max(1.0, grace_s / (usual_s * LEARNED)))


class Pace:
    """The interval now. `look` belongs to one thread, the rest to any."""

    def __init__(self, usual_s: float, *, most: float, now: float) -> None:
        self._usual_s = usual_s
        self._steps = [step for step in STEPS if step <= most]
        self._at = 0
        self._calm = 0
        self._seen = (0.0, 0)
        self._looked_at = now
        self._told: list[tuple[float, float]] = []  # longer intervals from before, and until when they count
        self.next_look = now + self._look_s()

    @property
    def interval_s(self) -> float:
        """What agents are told now."""
        return self._usual_s * self._steps[self._at]

    @property
    def is_stretched(self) -> bool:
        """Whether that is longer than usual."""
        return self._at > 0

    def expected_s(self, now: float) -> float:
        """The longest interval that an agent may follow at this instant."""
        return max([self.interval_s, *(interval_s for until, interval_s in self._told if now < until)])

    def look(self, *, busy_s: float, refused: int, now: float) -> None:
        """Decide; both numbers are sums that only grow."""
        if now < self.next_look:
            return
        share = (busy_s - self._seen[0]) / max(now - self._looked_at, 1e-6)
        was_refused = refused > self._seen[1]
        self._seen, self._looked_at = (busy_s, refused), now
        self._told = [told for told in self._told if told[0] > now]
        if share > BUSY or was_refused:
            self._calm = 0
            self._at = min(self._at + 1, len(self._steps) - 1)
        elif share < CALM and self._at:
            self._calm += 1
            if self._calm >= CALM_LOOKS:
                self._told.append((now + self._look_s(), self.interval_s))
                self._calm = 0
                self._at -= 1
        else:
            self._calm = 0
        self.next_look = now + self._look_s()

    def _look_s(self) -> float:
        return max(LEAST_LOOK_S, self.interval_s * LEARNED)
