from __future__ import annotations

import itertools

from collector.ingest.pacing import STEPS, Pace


class Desk:
    """A pace and a writer that is busy for a share of the time."""

    def __init__(self, most: float = 4.0) -> None:
        self.now = 0.0
        self.busy_s = 0.0
        self.refused = 0
        self.pace = Pace(60.0, most=most, now=0.0)

    def look(self, share: float, *, refused: int = 0) -> float:
        """Until the next look, so busy."""
        passed = self.pace.next_look - self.now
        self.now += passed
        self.busy_s += share * passed
        self.refused += refused
        self.pace.look(busy_s=self.busy_s, refused=self.refused, now=self.now)
        return self.pace.interval_s


def test_it_is_the_usual_interval_while_nothing_presses() -> None:
    desk = Desk()
    assert [desk.look(0.3) for _ in range(10)] == [60.0] * 10
    assert not desk.pace.is_stretched


def test_it_grows_by_a_step_while_the_writer_is_busy_and_not_beyond_the_last() -> None:
    desk = Desk()
    assert [desk.look(0.9) for _ in range(6)] == [90.0, 120.0, 180.0, 240.0, 240.0, 240.0]
    assert desk.pace.is_stretched


def test_what_was_turned_away_makes_it_grow_too() -> None:
    desk = Desk()
    assert desk.look(0.1, refused=1) == 90.0
    assert desk.look(0.1) == 90.0


def test_between_calm_and_busy_nothing_moves() -> None:
    desk = Desk()
    desk.look(0.9)
    assert [desk.look(0.5) for _ in range(10)] == [90.0] * 10


def test_it_shrinks_after_three_calm_looks_and_one_that_is_not_begins_anew() -> None:
    desk = Desk()
    desk.look(0.9)
    assert [desk.look(share) for share in (0.1, 0.1, 0.5, 0.1, 0.1, 0.1)] == [90.0] * 5 + [60.0]


def test_a_step_down_is_never_the_reason_for_a_step_up() -> None:
    """The load of a fleet goes with 1 / interval: no share of work makes it swing for ever."""
    for percent in range(5, 300, 5):
        desk = Desk()
        intervals = [desk.look(min(1.0, percent / 100 * 60.0 / desk.pace.interval_s)) for _ in range(80)]
        changes = [later - earlier for earlier, later in itertools.pairwise(intervals[20:])]
        assert not any(changes), percent


def test_nobody_is_expected_sooner_than_what_was_told() -> None:
    desk = Desk()
    desk.look(0.9)
    for _ in range(3):
        desk.look(0.1)
    assert desk.pace.interval_s == 60.0
    assert desk.pace.expected_s(desk.now) == 90.0
    assert desk.pace.expected_s(desk.now + 90.0 * 1.5) == 90.0
    assert desk.pace.expected_s(desk.now + 90.0 * 1.7) == 60.0


def test_without_stretch_it_stays() -> None:
    desk = Desk(most=1.0)
    assert [desk.look(1.0, refused=5) for _ in range(5)] == [60.0] * 5


def test_a_look_before_its_time_changes_nothing() -> None:
    pace = Pace(60.0, most=4.0, now=0.0)
    pace.look(busy_s=1.0, refused=100, now=1.0)
    assert pace.interval_s == 60.0
    assert STEPS[0] == 1.0
