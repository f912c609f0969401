from __future__ import annotations

import resource

from collector.metrics.process import process_families


def test_what_the_kernel_says_of_this_process() -> None:
    found = {family.name: family.samples[0].value for family in process_families()}
    assert found["process_cpu_seconds_total"] > 0
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024
    assert 1_000_000 < found["process_resident_memory_bytes"] <= peak_bytes * 1.1
    assert 3 <= found["process_open_fds"] <= found["process_max_fds"]
