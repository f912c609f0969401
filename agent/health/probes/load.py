"""The load over a minute, for each processor: how much work waits, or hangs on a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime

from agent.health.probe import Reading
from agent.health.thresholds import Bounds

HOLD_S = 600.0


class Load:
    """One reading."""

    name = "load"

    def __init__(self, per_cpu: float, interval_s: float = 60) -> None:
        self.interval_s = interval_s
        self._bounds = Bounds(per_cpu, per_cpu * 0.75, HOLD_S)

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """The mean load of the last minute, divided by the processors."""
        load, count = os.getloadavg()[0], os.cpu_count() or 1
        text = f"the load is {load:.2f} on {count} processors"
        yield Reading("HOST-LOD-0001", "", load / count, "a processor", self._bounds, text)
