"""How much of the swap is used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import psutil

from agent.health.probe import Reading
from agent.health.thresholds import Bounds

HOLD_S = 300.0


class Swap:
    """One reading, and none on a host without swap."""

    name = "swap"

    def __init__(self, limit_percent: float, interval_s: float = 60) -> None:
        self.interval_s = interval_s
        self._bounds = Bounds(limit_percent, limit_percent * 0.9, HOLD_S)

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """The share of the swap that is used."""
        swap = psutil.swap_memory()
        if swap.total:
            text = f"swap is {swap.percent:.1f} % used"
            yield Reading("HOST-SWP-0080", "", swap.percent, "percent", self._bounds, text)
