"""How far this host's clock is from the collector's, which signs its time with every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from agent.health.probe import Reading
from agent.health.thresholds import Bounds


class Clock:
    """One reading, as soon as something has been exchanged."""

    name = "clock"

    def __init__(self, limit_s: float, offset_s: Callable[[], float | None], interval_s: float = 60) -> None:
        self.interval_s = interval_s
        self._bounds = Bounds(limit_s, limit_s * 0.8, 2 * interval_s)
        self._offset_s = offset_s

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """The offset without its sign; the text says which of the clocks is ahead."""
        offset = self._offset_s()
        if offset is not None:
            text = f"this clock is {abs(offset):.1f} s {'ahead of' if offset > 0 else 'behind'} the collector's"
            yield Reading("HOST-CLK-0001", "", abs(offset), "s", self._bounds, text)
