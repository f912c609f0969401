"""What a program uses, asked of the kernel."""

from __future__ import annotations

import time


def usage_of(pid: int) -> tuple[int, float, float]:
    """Resident bytes now, processor seconds since its start, seconds since its start."""
    import psutil  # noqa: PLC0415  # comes with the agent, which the demo starts; the desk starts without it

    program = psutil.Process(pid)
    times = program.cpu_times()
    return int(program.memory_info().rss), float(times.user + times.system), time.time() - program.create_time()
