from __future__ import annotations

from datetime import timedelta

from collector.health.placing import AHEAD, OLDEST, is_too_old, move_back
from tests.builders import NOW


def test_a_delivery_is_moved_back_by_its_newest() -> None:
    ahead = timedelta(days=3)
    assert move_back([NOW + ahead, NOW + ahead - timedelta(minutes=5)], NOW) == ahead
    assert move_back([NOW - timedelta(days=7), NOW + AHEAD], NOW) == timedelta(), "a little ahead is any clock"


def test_what_is_older_than_any_history_is_left_out() -> None:
    assert not is_too_old(NOW - OLDEST, NOW)
    assert is_too_old(NOW - OLDEST - timedelta(seconds=1), NOW)
