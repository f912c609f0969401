from __future__ import annotations

from agent.health.network import read_network


def test_counters_do_not_fall() -> None:
    received, sent = read_network()
    again = read_network()
    assert 0 <= received <= again[0]
    assert 0 <= sent <= again[1]
