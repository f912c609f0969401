from __future__ import annotations

from agent.health.cpu_memory import read_cpu_memory, read_own_use


def test_plausible() -> None:
    found = read_cpu_memory()
    assert 0 <= found.cpu_percent <= 100
    assert 0 < found.memory_used_percent <= 100
    assert found.memory_total_bytes > 10_000_000
    assert found.cpu_count >= 1


def test_the_agents_own_use() -> None:
    rss_bytes, cpu_s = read_own_use()
    assert rss_bytes > 1_000_000
    assert cpu_s > 0
