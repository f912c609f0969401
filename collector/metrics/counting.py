"""Counters and histograms that any thread may raise: one lock each, no allocation on the way.

The values that a label may have are given when it is made; anything else counts as `other`. So the number of
lines of a page is fixed when the process starts, whatever comes in from outside.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Final

from collector.metrics.text import Family, Kind, Sample

OTHER: Final = "other"
VALUES: Final = 64  # of one label


class Counter:
    """A sum for each value of one label."""

    def __init__(self, name: str, meaning: str, label: str, values: Collection[str]) -> None:
        if len(values) > VALUES:
            raise ValueError(f"{name}: at most {VALUES} values of a label")
        self._name, self._meaning, self._label = name, meaning, label
        self._sums: dict[str, float] = dict.fromkeys((*values, OTHER), 0.0)
        self._lock = threading.Lock()

    def add(self, value: str, by: float = 1.0) -> None:
        """Raise the sum of this value."""
        if value not in self._sums:
            value = OTHER
        with self._lock:
            self._sums[value] += by

    def family(self) -> Family:
        """As it is now."""
        with self._lock:
            sums = list(self._sums.items())
        samples = tuple(Sample(total, ((self._label, value),)) for value, total in sums if total or value != OTHER)
        return Family(self._name, self._meaning, Kind.COUNTER, samples)


class Histogram:
    """How many observations were at most so large; `bounds` ascend."""

    def __init__(self, name: str, meaning: str, bounds: Sequence[float]) -> None:
        self._name, self._meaning = name, meaning
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, value: float) -> None:
        """One more."""
        at = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[at] += 1
            self._sum += value

    def family(self) -> Family:
        """As it is now."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        sums = list(accumulate(counts))
        bounds = [*(repr(float(bound)) for bound in self._bounds), "+Inf"]
        buckets = [Sample(count, (("le", bound),), "_bucket") for bound, count in zip(bounds, sums, strict=True)]
        samples = (*buckets, Sample(total, suffix="_sum"), Sample(sums[-1], suffix="_count"))
        return Family(self._name, self._meaning, Kind.HISTOGRAM, samples)
