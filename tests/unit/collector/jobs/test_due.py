"""When it is worth looking for agents that have fallen silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collector.jobs.due import LOOK, SilenceWatch

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_first_look_is_always_due() -> None:
    assert SilenceWatch().is_due(NOW - LOOK, NOW)


def test_nobody_is_looked_for_who_cannot_be_silent_yet() -> None:
    watch = SilenceWatch()
    watch.note(NOW - 60 * SECOND, NOW)
    assert not watch.is_due(NOW - 60 * SECOND, NOW + SECOND)
    assert watch.is_due(NOW - 59 * SECOND, NOW + SECOND)


def test_without_agents_the_next_one_counts_from_now() -> None:
    watch = SilenceWatch()
    watch.note(None, NOW)
    assert not watch.is_due(NOW, NOW + SECOND)
    assert watch.is_due(NOW + SECOND / 2, NOW + SECOND)


def test_a_clock_that_was_set_back_hides_nobody_for_longer() -> None:
    watch = SilenceWatch()
    watch.note(NOW, NOW)
    assert watch.is_due(NOW - LOOK, NOW + LOOK)
    assert watch.is_due(NOW - 2 * LOOK, NOW - LOOK)
