"""What this process uses, from the kernel."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Final

from collector.metrics.text import Family, counter, gauge

STATM: Final = Path("/proc/self/statm")
DESCRIPTORS: Final = Path("/proc/self/fd")


def process_families() -> list[Family]:
    """CPU, memory and open files."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resident = int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return [
        counter("process_cpu_seconds_total", "CPU that this process has used.", used.ru_utime + used.ru_stime),
        gauge("process_resident_memory_bytes", "Memory of this process.", resident),
        gauge("process_open_fds", "Open files and sockets.", sum(1 for _ in DESCRIPTORS.iterdir())),
        gauge("process_max_fds", "How many may be open.", resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
    ]
