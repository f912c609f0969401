"""What a program uses, asked of the kernel."""

from __future__ import annotations

import time

import psutil


def usage_of(pid: int) -> tuple[int, float, float]:
    """Resident bytes now, processor seconds since its start, seconds since its start."""
    program = psutil.Process(pid)
    times = program.cpu_times()
    return int(program.memory_info().rss), float(times.user + times.system), time.time() - program.create_time()
