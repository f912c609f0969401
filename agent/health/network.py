"""Bytes through the network interfaces since boot."""

from __future__ import annotations

import psutil


def read_network() -> tuple[int, int]:
    """Received and sent bytes of all interfaces but loopback."""
    counters = psutil.net_io_counters(pernic=True)
    outside = [counter for name, counter in counters.items() if name != "lo"]
    return sum(counter.bytes_recv for counter in outside), sum(counter.bytes_sent for counter in outside)
