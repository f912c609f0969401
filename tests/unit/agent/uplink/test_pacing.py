from __future__ import annotations

import pytest

from agent.uplink.pacing import (
    CAP_S,
    FIRST_MAX_S,
    RETRY_AFTER_MAX_S,
    UNSIGNED_MAX_S,
    backoff_s,
    busy_s,
    first_s,
    heeded_s,
    rest_s,
    until_next_s,
)
from wire.pacing import phase_s


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


def test_a_proxy_cannot_hold_an_agent_off_for_long() -> None:
    assert heeded_s(45.0, is_signed=False) == 45.0
    assert heeded_s(1e9, is_signed=False) == UNSIGNED_MAX_S
    assert heeded_s(1e9, is_signed=True) == RETRY_AFTER_MAX_S
    assert heeded_s(-1.0, is_signed=True) == 0.0


def test_first_reports_are_spread_over_one_interval_and_no_more_than_minutes() -> None:
    assert (first_s(60.0, 0.0), first_s(60.0, 1.0)) == (0.0, 60.0)
    assert first_s(86_400.0, 1.0) == FIRST_MAX_S


@pytest.mark.parametrize("phase", [0.0, 17.0, 59.9, 60.0, 1e6])
def test_the_collectors_phase_counts_before_our_own(phase: float) -> None:
    clock_s = 1_000_003.0
    for _ in range(10):
        clock_s += until_next_s("a1", 60.0, clock_s, 0.5, phase)
    distance = (clock_s - phase) % 60.0
    assert min(distance, 60.0 - distance) <= 0.001


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_reports_come_once_an_interval_at_the_phase(chance: float) -> None:
    clock_s, interval_s = 1_000_003.0, 60.0
    for _ in range(50):
        wait_s = until_next_s("a1", interval_s, clock_s, chance)
        assert interval_s / 2 <= wait_s <= 1.6 * interval_s
        clock_s += wait_s
    distance = (clock_s - phase_s("a1", interval_s)) % interval_s
    assert min(distance, interval_s - distance) <= interval_s * 0.1 + 0.001
