from __future__ import annotations

import os

from agent.health.probes.load import Load
from tests.builders import NOW
from tests.fakes.probes import bad, readings


def test_a_mean_for_each_processor() -> None:
    (found,) = readings(Load(4), NOW)
    assert 0 <= found.value <= os.getloadavg()[0] * 2 + 10
    assert found.bounds is not None
    assert found.bounds.for_s >= 300


def test_it_depends_on_the_limit() -> None:
    assert bad(Load(1e-9), NOW) == [("HOST-LOD-0001", "")] or os.getloadavg()[0] == 0
    assert bad(Load(1_000), NOW) == []
