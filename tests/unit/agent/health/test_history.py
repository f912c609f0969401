from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.health.forecast import SLOT_S, SLOTS
from agent.health.history import SERIES, History

START = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_slot_is_stored_when_it_is_over_with_its_peak() -> None:
    history = History()
    stored = [
        row
        for minute, value in enumerate([10.0, 30.0, 20.0, 5.0])
        for row in history.note("disk", START + timedelta(hours=1.5 * minute), value)
    ]
    assert [(series, peak) for series, _, peak in stored] == [("disk", 30.0)]
    assert [peak for _, peak in history.points("disk")] == [30.0, 5.0]


def test_what_was_stored_comes_back() -> None:
    before = History()
    rows = [row for hour in range(50) for row in before.note("d", START + timedelta(hours=hour), float(hour))]
    assert History(rows).points("d") == before.points("d")[:-1]


def test_three_weeks_are_kept() -> None:
    history = History()
    for slot in range(3 * SLOTS):
        history.note("d", START + timedelta(seconds=slot * SLOT_S), 1.0)
    assert len(history.points("d")) == SLOTS


def test_a_clock_set_back_leaves_no_points_of_the_future() -> None:
    history = History()
    for day in (100, 0):
        history.note("d", START + timedelta(days=day), 1.0)
    assert len(history.points("d")) == 1


def test_there_is_a_bound_on_series() -> None:
    history = History()
    for number in range(2 * SERIES):
        history.note(f"d{number}", START, 1.0)
    assert history.points(f"d{SERIES - 1}")
    assert history.points(f"d{SERIES}") == []
