from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collector.health.hours import HOUR_US
from collector.health.tiers import DAY_US, Tier, grid_of, month_of_day

START = 20_000 * DAY_US + 12_345_678  # no round time


@pytest.mark.parametrize(
    ("days", "points", "tier"),
    [
        (1, 289, Tier.SAMPLES),
        (1, 20, Tier.HOURS),
        (7, 170, Tier.HOURS),
        (31, 374, Tier.HOURS),
        (366, 368, Tier.DAYS),
        (3_000, 10, Tier.DAYS),
    ],
)
def test_the_tier_is_fine_enough_and_no_finer(days: int, points: int, tier: Tier) -> None:
    grid = grid_of(START, START + days * DAY_US, points)
    assert grid.tier is tier
    assert grid.step_us % tier == 0


def test_the_steps_of_the_charts() -> None:
    steps = [(1, 289, 300), (7, 170, 3_600), (31, 374, 7_200), (366, 368, 86_400)]
    assert [grid_of(START, START + days * DAY_US, points).step_us // 10**6 for days, points, _ in steps] == [
        step for _, _, step in steps
    ]


@pytest.mark.parametrize("points", [2, 3, 10, 288, 1_000])
@pytest.mark.parametrize("span", [1_000, HOUR_US, DAY_US + 1, 31 * DAY_US, 366 * DAY_US])
def test_never_more_points_than_asked_for(points: int, span: int) -> None:
    grid = grid_of(START, START + span, points)
    starts = {grid.start_of(grid.since_us), grid.start_of(grid.until_us - 1)}
    assert (max(starts) - min(starts)) // grid.step_us + 1 <= points
    assert grid.has(START)
    assert not grid.has(grid.until_us)


def test_a_chart_without_time_or_points_is_a_mistake() -> None:
    for since, until, points in ((0, 0, 10), (10, 0, 10), (0, 10, 1)):
        with pytest.raises(ValueError, match="two points"):
            grid_of(since, until, points)


def test_months() -> None:
    day = (datetime(2026, 11, 30, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert month_of_day(day) == 12 * 2026 + 10
    assert month_of_day(day + 1) == 12 * 2026 + 11
