from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collector.auth.policy import ADDRESS_MAX_S, FREE_ADDRESS, FREE_NAME, NAME_MAX_S, next_try_at, wait_s

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def ago(*seconds: int) -> list[datetime]:
    return [NOW - timedelta(seconds=second) for second in seconds]


def test_the_free_failures_cost_nothing() -> None:
    assert next_try_at([], [], NOW) <= NOW
    assert next_try_at(ago(*range(FREE_NAME - 1)), ago(*range(FREE_ADDRESS - 1)), NOW) <= NOW


def test_the_wait_runs_from_the_newest_failure() -> None:
    assert next_try_at(ago(0, 1, 2, 3, 4), [], NOW) == NOW + timedelta(seconds=1)
    assert next_try_at(ago(1, 2, 3, 4, 5), [], NOW) == NOW


def test_the_longer_wait_of_name_and_address_counts() -> None:
    many = ago(*([0] * (FREE_ADDRESS + 5)))
    assert next_try_at([], many, NOW) == NOW + timedelta(seconds=32)
    assert next_try_at(many, [], NOW) == NOW + timedelta(seconds=NAME_MAX_S)


@given(st.integers(0, 10**6))
def test_more_failures_never_wait_less_and_never_for_ever(failures: int) -> None:
    for free, longest in ((FREE_NAME, NAME_MAX_S), (FREE_ADDRESS, ADDRESS_MAX_S)):
        assert wait_s(failures, free, longest) <= wait_s(failures + 1, free, longest) <= longest
