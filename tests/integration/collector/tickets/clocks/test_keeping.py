"""Service clocks on real tickets over a real database: the worked examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.sla.plan import Metric
from tests.fakes.ticket_story import TicketStory, seoul

HOUR_US = 3_600_000_000


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    return TicketStory(tmp_path)


def test_example_9_a_raised_level_replays_the_pause_from_the_original_start(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.at("2026-11-24T11:00").pause("force_majeure", approved="sy")
    assert story.due(Metric.RESTORE) is None
    assert story.cycles(Metric.RESTORE)[-1].reading.remaining_us == 7 * HOUR_US
    story.at("2026-11-24T13:00").resume()
    assert story.due(Metric.RESTORE) == "2026-11-25T11:30"
    story.at("2026-11-24T14:00").raise_level(1)
    assert story.due(Metric.RESTORE) == "2026-11-24T16:00"
    assert story.differences() == []


def test_at_level_1_a_pause_for_want_of_information_does_not_count(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.at("2026-11-24T11:00").pause()
    story.at("2026-11-24T13:00").resume()
    story.at("2026-11-24T15:00").raise_level(1)
    [view] = story.cycles(Metric.RESTORE)
    assert (view.reading.is_born_breached, view.reading.breached_at) == (True, seoul("2026-11-24T15:00"))
    assert story.notices().count(("restore", 100)) == 1
    assert story.later(600).notices().count(("restore", 100)) == 1
    assert story.differences() == []


def test_example_10_a_reopened_ticket_gets_a_full_second_cycle(story: TicketStory) -> None:
    story.fire()
    story.at("2026-11-24T15:00").resolve()
    story.at("2026-11-26T09:00").reopen()
    first, second = story.cycles(Metric.RESOLVE)
    assert (first.reading.active_us, first.reading.breached_at) == (5 * HOUR_US, None)
    assert story.due(Metric.RESOLVE) == "2026-11-26T17:00"
    assert second.cycle.start == seoul("2026-11-26T09:00")
    assert story.differences() == []


def test_restoring_stops_at_the_first_ok_instant_and_a_relapse_begins_again(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.at("2026-11-24T12:00").ok()
    story.at("2026-11-24T13:30")
    [view] = story.cycles(Metric.RESTORE)
    assert (story.ticket.status, view.cycle.stopped_at) == ("recovered", seoul("2026-11-24T12:00"))
    story.fire()
    assert [each.cycle.state for each in story.cycles(Metric.RESTORE)] == ["stopped", "running"]
    assert story.differences() == []


def test_what_resolves_itself_owes_nobody_an_answer(tmp_path: Path) -> None:
    story = TicketStory(tmp_path, level=4)
    story.fire()
    story.later(10).ok()
    story.later(25 * 60)
    assert story.ticket.status == "resolved"
    assert story.rows(Metric.FIRST_RESPONSE)[0].state == "cancelled"
    assert story.rows(Metric.RESOLVE)[0].state == "stopped"
    assert story.rows(Metric.RESTORE) == []


def test_a_level_that_promises_more_starts_the_missing_clock_from_the_start(tmp_path: Path) -> None:
    story = TicketStory(tmp_path, level=4)
    story.fire()
    story.at("2026-11-24T12:00").raise_level(3)
    assert story.due(Metric.RESTORE) == "2026-11-25T09:30"
    assert story.differences() == []


def test_a_person_who_acknowledges_stops_the_first_response(story: TicketStory) -> None:
    story.fire()
    story.later(20).acknowledge()
    [view] = story.cycles(Metric.FIRST_RESPONSE)
    assert (view.cycle.state, view.reading.breached_at) == ("stopped", None)
