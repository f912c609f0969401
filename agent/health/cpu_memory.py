"""Processor, memory, load, and what the agent itself uses."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class CpuMemory:
    """Percentages are of the whole machine; `cpu_percent` since the call before."""

    cpu_percent: float
    cpu_count: int
    load_1m: float
    memory_total_bytes: int
    memory_used_percent: float
    swap_used_percent: float


def read_cpu_memory() -> CpuMemory:
    """One sample. The first call of a process has nothing to compare with and says 0 % processor."""
    memory = psutil.virtual_memory()
    return CpuMemory(
        cpu_percent=_percent(psutil.cpu_percent(interval=None)),
        cpu_count=os.cpu_count() or 1,
        load_1m=max(0.0, os.getloadavg()[0]),
        memory_total_bytes=memory.total,
        memory_used_percent=_percent(memory.percent),
        swap_used_percent=_percent(psutil.swap_memory().percent),
    )


def read_own_use() -> tuple[int, float]:
    """Resident bytes of this process, and the processor seconds that it has used."""
    own = psutil.Process()
    times = own.cpu_times()
    return own.memory_info().rss, times.user + times.system


def _percent(value: float) -> float:
    return min(100.0, max(0.0, value))
