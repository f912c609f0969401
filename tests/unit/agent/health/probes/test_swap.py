from __future__ import annotations

import psutil

from agent.health.probes.swap import Swap
from tests.builders import NOW
from tests.fakes.probes import bad, readings


def test_as_the_kernel_says() -> None:
    found = readings(Swap(80), NOW)
    swap = psutil.swap_memory()
    assert [round(reading.value) for reading in found] == ([round(swap.percent)] if swap.total else [])


def test_its_bounds() -> None:
    if not psutil.swap_memory().total:
        assert bad(Swap(1e-9), NOW) == []
        return
    assert bad(Swap(100.1), NOW) == []
