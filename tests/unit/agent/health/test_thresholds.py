from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.health.thresholds import Change, Level, LevelState, judge, judge_running
from agent.settings.model import Limit

LIMIT = Limit(raise_percent=90, clear_percent=85, for_s=10)
ONE, TWO, OTHER = (1, 1.0), (2, 1.0), (1, 9.0)


def run(limit: Limit, *samples: tuple[float, float]) -> list[Change | None]:
    level, changes = Level(), []
    for now_s, value in samples:
        level, change = judge(limit, value, level, now_s)
        changes.append(change)
    return changes


def test_raised_after_its_time_and_cleared_below_the_lower_value() -> None:
    assert run(LIMIT, (0, 95), (5, 95), (10, 95), (11, 87), (12, 84.9)) == [
        None, None, Change.RAISED, None, Change.CLEARED,
    ]  # fmt: skip


def test_a_break_starts_the_time_anew() -> None:
    assert run(LIMIT, (0, 95), (5, 89), (10, 95), (19, 95), (20, 95)) == [None, None, None, None, Change.RAISED]


def test_exactly_the_limit_is_high_and_exactly_the_lower_value_is_not_clear() -> None:
    at_once = Limit(raise_percent=90, clear_percent=85)
    assert run(at_once, (0, 89.9), (1, 90), (2, 85), (3, 84.9)) == [None, Change.RAISED, None, Change.CLEARED]


@given(st.lists(st.tuples(st.floats(0.1, 20), st.floats(0, 100)), max_size=60))
def test_changes_take_turns(samples: list[tuple[float, float]]) -> None:
    times = itertools.accumulate(step for step, _ in samples)
    changes = [change for change in run(LIMIT, *zip(times, (value for _, value in samples), strict=True)) if change]
    assert all(first is not second for first, second in itertools.pairwise(changes))
    assert changes[:1] in ([], [Change.RAISED])


def test_the_state_is_what_is_stored() -> None:
    assert judge(LIMIT, 95, Level(LevelState.FIRING), 0) == (Level(LevelState.FIRING), None)


@pytest.mark.parametrize(
    ("previous", "present", "is_firing", "changes"),
    [
        ([], [], False, [Change.RAISED]),
        ([], [ONE], False, []),
        ([ONE], [ONE], False, []),
        ([ONE], [], False, [Change.RAISED]),
        ([ONE], [OTHER], False, [Change.RAISED, Change.CLEARED]),
        ([ONE, TWO], [OTHER, TWO], False, []),
        ([], [], True, []),
        ([], [ONE], True, [Change.CLEARED]),
    ],
)
def test_a_watched_process(
    previous: list[tuple[int, float]], present: list[tuple[int, float]], is_firing: bool, changes: list[Change]
) -> None:
    found = judge_running(previous=frozenset(previous), present=frozenset(present), is_firing=is_firing)
    assert found == changes
