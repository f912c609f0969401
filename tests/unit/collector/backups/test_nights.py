from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from collector.backups.nights import NIGHTS, missed_nights, missing_numbers, night_of

SEOUL = ZoneInfo("Asia/Seoul")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("text", "night"),
    [
        ("2026-03-01T23:50", date(2026, 3, 1)),
        ("2026-03-02T00:10", date(2026, 3, 1)),
        ("2026-03-02T11:59", date(2026, 3, 1)),
        ("2026-03-02T12:00", date(2026, 3, 2)),
    ],
)
def test_a_night_goes_from_noon_to_noon_there(text: str, night: date) -> None:
    assert night_of(at(text).astimezone(UTC), SEOUL) == night


def test_nights_that_are_over_and_had_none_are_missed() -> None:
    good = [at("2026-03-01T23:50"), at("2026-03-04T00:10")]
    assert missed_nights(good, at("2026-03-05T11:00"), SEOUL) == [date(2026, 3, 2)]
    assert missed_nights(good, at("2026-03-05T12:00"), SEOUL) == [date(2026, 3, 4), date(2026, 3, 2)]


def test_before_the_first_backup_nothing_was_missed() -> None:
    assert missed_nights([], at("2026-03-05T12:00"), SEOUL) == []
    assert missed_nights([at("2026-03-05T02:00")], at("2026-03-05T12:00"), SEOUL) == []


def test_it_looks_back_so_far_and_no_farther() -> None:
    assert len(missed_nights([at("2025-01-01T02:00")], at("2026-03-05T12:00"), SEOUL)) == NIGHTS


def test_a_backup_dated_ahead_fills_no_night() -> None:
    good = [at("2026-03-01T02:00"), at("2026-03-09T02:00")]
    assert date(2026, 3, 2) in missed_nights(good, at("2026-03-05T12:00"), SEOUL)


def test_numbers_that_never_came_are_counted_for_each_journal() -> None:
    assert missing_numbers([("a", 3), ("a", 5), ("a", 5), ("b", 1), ("b", 2)]) == 1
    assert missing_numbers([]) == 0
