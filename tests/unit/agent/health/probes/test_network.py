from __future__ import annotations

from types import SimpleNamespace

import psutil
import pytest

from agent.health.probes.network import Network
from tests.builders import NOW
from tests.fakes.collector import ManualClock
from tests.fakes.probes import bad, readings


def test_errors_are_a_rate_between_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    counts = {"eth0": 1_000, "lo": 5}

    def counters(*, pernic: bool) -> dict[str, SimpleNamespace]:
        return {name: SimpleNamespace(errin=count, errout=0, dropin=0, dropout=0) for name, count in counts.items()}

    monkeypatch.setattr(psutil, "net_io_counters", counters)
    probe = Network(10, clock.monotonic)
    assert readings(probe, NOW) == []
    clock.pass_time(10)
    counts.update(eth0=1_500, lo=10**6)
    assert bad(probe, NOW) == [("HOST-NET-0001", "eth0")]
    clock.pass_time(10)
    counts.update(eth0=3)  # the driver was loaded anew
    assert readings(probe, NOW) == []
    clock.pass_time(10)
    assert [found.value for found in readings(probe, NOW)] == [0]


def test_a_real_host_has_no_errors_now() -> None:
    clock = ManualClock()
    probe = Network(1e9, clock.monotonic)
    readings(probe, NOW)
    clock.pass_time(60)
    assert bad(probe, NOW) == []
