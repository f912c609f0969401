from __future__ import annotations

import pytest

from agent.uplink.pacing import CAP_S, RETRY_AFTER_MAX_S, backoff_s, busy_s, phase_s, rest_s, until_next_s


def test_backoff_doubles_to_the_cap_and_jitters_down_to_nothing() -> None:
    assert [backoff_s(failures, 1.0) for failures in range(1, 6)] == [2, 4, 8, 16, 32]
    assert backoff_s(10_000, 1.0) == CAP_S
    assert backoff_s(5, 0.0) == 0.0


def test_retry_after_is_honoured_but_not_for_ever() -> None:
    assert busy_s(1, 30.0, 0.0) == 30.0
    assert busy_s(1, 10**9, 0.0) == RETRY_AFTER_MAX_S
    assert busy_s(1, -5.0, 0.0) == 0.0


def test_an_agent_that_is_shut_out_asks_every_few_minutes() -> None:
    assert rest_s(0.0) == 150.0
    assert rest_s(1.0) == 300.0


def test_phases_spread_over_the_interval() -> None:
    phases = [phase_s(f"agent-{number}", 60.0) for number in range(600)]
    assert all(0 <= phase < 60 for phase in phases)
    assert all(any(start <= phase < start + 10 for phase in phases) for start in range(0, 60, 10))
    assert phase_s("agent-1", 60.0) == phase_s("agent-1", 60.0)


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_reports_come_once_an_interval_at_the_phase(chance: float) -> None:
    clock_s, interval_s = 1_000_003.0, 60.0
    for _ in range(50):
        wait_s = until_next_s("a1", interval_s, clock_s, chance)
        assert interval_s / 2 <= wait_s <= 1.6 * interval_s
        clock_s += wait_s
    distance = (clock_s - phase_s("a1", interval_s)) % interval_s
    assert min(distance, interval_s - distance) <= interval_s * 0.1 + 0.001
