"""Errors and lost packets of each network interface, as a rate between two readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import psutil

from agent.health.probe import Reading
from agent.health.thresholds import Bounds

HOLD_S = 120.0


class Network:
    """One reading for each interface but loopback, from its second sight on."""

    name = "network"

    def __init__(self, errors_per_s: float, monotonic: Callable[[], float], interval_s: float = 60) -> None:
        self.interval_s = interval_s
        self._bounds = Bounds(errors_per_s, errors_per_s / 2, HOLD_S)
        self._monotonic = monotonic
        self._before: dict[str, tuple[float, int]] = {}

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """Errors and drops a second; a counter that went back (a driver loaded anew) starts again."""
        at = self._monotonic()
        for name, found in psutil.net_io_counters(pernic=True).items():
            count = found.errin + found.errout + found.dropin + found.dropout
            then, before = self._before.get(name, (at, count))
            self._before[name] = (at, count)
            if name != "lo" and at > then and count >= before:
                rate = (count - before) / (at - then)
                text = f"{name}: {rate:.1f} errors and lost packets a second"
                yield Reading("HOST-NET-0001", name, rate, "a second", self._bounds, text)
