from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.health.forecast import DUE, FAR_DAYS, SLOTS_A_DAY, Point, daily_peaks, days_left
from tests.fakes import series

SEEDS = range(40)
QUIET = [
    series.flat,
    series.seasons,
    series.one_step,
    series.sawtooth,
    lambda seed: series.flat(seed, level=92, noise=0.4),
    lambda seed: series.sawtooth(seed, period=1),
    lambda seed: series.sawtooth(seed, period=3, high=95),
    lambda seed: series.flat(seed, gaps=0.4),
    lambda seed: series.sawtooth(seed, days=6.5),
]
URGENT = [
    series.growth,
    series.growth_after_rest,
    series.growth_after_cleaning,
    lambda seed: series.growth(seed, gaps=0.3),
    lambda seed: series.growth(seed, days=9, per_day=5),
]


def is_due(points: list[Point]) -> bool:
    return days_left(points) <= DUE.raise_at


@pytest.mark.parametrize("make", QUIET)
def test_noise_seasons_steps_and_sawteeth_raise_nothing(make: object) -> None:
    alarms = sum(is_due(make(seed)) for seed in SEEDS)  # type: ignore[operator]
    assert alarms <= 1, f"{alarms} false alarms of {len(SEEDS)}"


@pytest.mark.parametrize("make", URGENT)
def test_a_disk_that_fills_is_found_in_time(make: object) -> None:
    found = sum(is_due(make(seed)) for seed in SEEDS)  # type: ignore[operator]
    assert found >= len(SEEDS) - 2, f"only {found} of {len(SEEDS)}"


def test_the_time_is_about_right() -> None:
    times = sorted(days_left(series.growth(seed, per_day=2, last=90)) for seed in SEEDS)
    assert 4 <= times[len(times) // 2] <= 6


def test_a_slow_rise_is_no_ticket_yet() -> None:
    assert not any(is_due(series.growth(seed, per_day=0.5, last=60)) for seed in SEEDS)


def test_below_the_former_peak_a_rise_is_the_next_tooth() -> None:
    points = [(slot, 95.0) for slot in range(SLOTS_A_DAY)]
    points += [(slot, 40 + 5 * slot / SLOTS_A_DAY) for slot in range(SLOTS_A_DAY, 10 * SLOTS_A_DAY)]
    assert days_left(points) == FAR_DAYS
    assert days_left(points[SLOTS_A_DAY:]) < DUE.raise_at


def test_too_few_points_say_nothing() -> None:
    assert days_left([]) == FAR_DAYS
    assert days_left([(1, 99.0)]) == FAR_DAYS
    assert days_left([(slot, 90 + slot / 5) for slot in range(7 * SLOTS_A_DAY)]) == FAR_DAYS


def test_a_full_disk_has_no_days_left() -> None:
    assert days_left([(slot, min(100, 73 + slot / 2)) for slot in range(55)]) == 0


@given(
    st.lists(st.tuples(st.integers(0, 200), st.floats(0, 100)), max_size=150, unique_by=lambda point: point[0]),
)
def test_whatever_comes_gives_a_number_of_days(points: list[Point]) -> None:
    assert 0 <= days_left(points) <= max(FAR_DAYS, 100 / 0.05)
    assert all(0 <= peak <= 100 for _, peak in daily_peaks(points))


@given(st.floats(0, 100), st.integers(30, 126))
def test_a_level_line_never_ends(level: float, count: int) -> None:
    assert days_left([(slot, level) for slot in range(count)]) == FAR_DAYS
