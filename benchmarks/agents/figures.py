"""Figures of a run: percentiles, rates, and how each stands to its target."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.agents.plan import Counts


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie; 0 of none.

    >>> percentile([3.0, 1.0, 2.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def slope_an_hour(samples: Sequence[tuple[float, float]]) -> float:
    """Growth an hour by least squares over (seconds, value), of the last two thirds.

    >>> slope_an_hour([(0, 50), (1800, 10), (3600, 20)])
    20.0
    """
    tail = samples[len(samples) // 3 :]
    if len(tail) < 2:
        return 0.0
    mean_x = sum(x for x, _ in tail) / len(tail)
    mean_y = sum(y for _, y in tail) / len(tail)
    spread = sum((x - mean_x) ** 2 for x, _ in tail)
    return sum((x - mean_x) * (y - mean_y) for x, y in tail) / spread * 3_600 if spread else 0.0


def against(value: float, target: float) -> str:
    """A figure's stand to its target; less is better.

    >>> against(50.0, 100.0)
    '0.50 of the target: met'
    """
    return f"{value / target:.2f} of the target: {'met' if value <= target else 'NOT MET'}"


@dataclass(frozen=True)
class Window:
    """What one measured time brought. `used_s` is processor time of the collector, `own_s` of the generator."""

    counts: Counts
    elapsed_s: float
    used_s: float
    own_s: float
    rss_mb: float

    @property
    def rate(self) -> float:
        """Check-ins acknowledged a second."""
        return self.counts.acked / self.elapsed_s

    @property
    def cpu_percent(self) -> float:
        """Of one core."""
        return self.used_s / self.elapsed_s * 100

    @property
    def each_us(self) -> float:
        """Processor time of the collector for one check-in."""
        return self.used_s / max(1, self.counts.acked) * 1_000_000

    def lines(self) -> list[str]:
        """The figures as they are printed."""
        counts = self.counts
        p50, p99 = (percentile(counts.latencies_ms, share) for share in (0.5, 0.99))
        late = percentile(counts.late_ms, 0.99)
        return [
            f"check-ins: {counts.acked}, {self.rate:.0f}/s; events {counts.events / self.elapsed_s:.0f}/s",
            f"collector: {self.cpu_percent:.1f} % of a core, {self.each_us:.0f} us a check-in, {self.rss_mb:.0f} MB",
            f"send to receipt: p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {max(counts.latencies_ms, default=0):.0f} ms",
            f"generator: {self.own_s / self.elapsed_s * 100:.1f} % of a core, check-ins begun late: p99 {late:.1f} ms",
            troubles(counts),
        ]


def troubles(counts: Counts) -> str:
    """Everything that was not a receipt at the first try."""
    refused = ", ".join(f"{name} x {count}" for name, count in sorted(counts.refused.items())) or "none"
    return (
        f"refused: {refused}; broken {counts.broken}, timeouts {counts.timeouts}, duplicates {counts.duplicates}, "
        f"resyncs {counts.resyncs}, forged {counts.forged}, asked to report less often {counts.stretched}"
    )


def machine() -> str:
    """Where the figures come from, and whether other work shared it."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} processors, {platform.platform()}, CPython {platform.python_version()}, load {load}"
