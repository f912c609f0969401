from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from collector.tickets.reminding.policy import REMINDED_AFTER_DAYS, Due, due_by
from tests.builders import NOW

MOMENT = timedelta(microseconds=1)
LAST = len(REMINDED_AFTER_DAYS)


def close_of(day: int) -> datetime:
    return NOW + timedelta(days=day)


@pytest.mark.parametrize(("number", "days"), list(enumerate(REMINDED_AFTER_DAYS, start=1)))
def test_each_reminder_comes_at_the_close_of_its_day_and_not_before(number: int, days: int) -> None:
    assert due_by(close_of(days) - MOMENT, number - 1, close_of, None) == Due(number - 1)
    assert due_by(close_of(days), number - 1, close_of, None) == Due(number)
    assert due_by(close_of(days), number, close_of, None) == Due(number), "told once"


def test_the_wait_ends_when_the_last_reminder_has_had_its_day() -> None:
    left_until = close_of(6)
    assert due_by(left_until - MOMENT, LAST, close_of, left_until) == Due(LAST)
    assert due_by(left_until, LAST, close_of, left_until) == Due(LAST, is_over=True)
    assert due_by(left_until, LAST - 1, close_of, left_until) == Due(LAST), "the last reminder comes first"


def test_after_a_long_absence_of_the_collector_one_reminder_stands_for_all() -> None:
    assert due_by(close_of(4), 0, close_of, None) == Due(2)
    assert due_by(close_of(90), 0, close_of, None) == Due(LAST)
