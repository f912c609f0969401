"""Warnings, other calendars and plans, the comparison with the histories."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from collector.sla.plan import DEFAULT_PLAN, Metric, Promise
from collector.sla.shelf import shipped
from collector.store.tables import clock
from collector.tickets.clocks import passing, repository
from collector.tickets.clocks.shelf import add_calendar
from tests.fakes.ticket_story import TicketStory


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    return TicketStory(tmp_path)


def test_a_fault_that_is_gone_for_the_moment_is_not_called_late(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.at("2026-11-25T09:00").ok()  # half an hour before it would be due
    story.at("2026-11-25T09:45")
    assert ("restore", 100) not in story.notices()
    assert ("resolve", 100) in story.notices()
    story.at("2026-11-25T10:00")
    assert story.cycles(Metric.RESTORE)[-1].reading.breached_at is None
    assert story.differences() == []


def test_warnings_come_once_by_active_time_and_never_at_night(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    seen = []
    for instant in ("24T13:59", "24T14:00", "24T16:00", "24T23:00", "25T08:41", "25T08:42", "25T09:30", "25T12:00"):
        before = len(story.notices())
        story.at(f"2026-11-{instant}")
        seen += [(instant, percent) for metric, percent in story.notices()[before:] if metric == "resolve"]
    assert seen == [("24T14:00", 50), ("24T16:00", 75), ("25T08:42", 90), ("25T12:00", 100)]
    assert story.timeline().count("clock_warned") == 8


def test_of_several_missed_warnings_the_highest_is_told(tmp_path: Path) -> None:
    story = TicketStory(tmp_path, jobs=False)
    story.fire()
    story.acknowledge()
    story.jobs = True
    story.at("2026-11-24T16:30")
    assert sorted(story.notices()) == [("resolve", 75), ("restore", 75)]


def test_another_calendar_moves_open_clocks_only_and_says_so(story: TicketStory) -> None:
    story.fire()
    story.at("2026-11-24T10:20").resolve()
    stopped = story.rows()
    story.level = 2
    story.level = 3
    story.reopen()
    assert story.due(Metric.RESOLVE) == "2026-11-25T09:50"
    _import_with_holiday(story, "2026-11-25")
    assert passing.renew(story.store, story.now) == 1
    assert passing.renew(story.store, story.now) == 0
    assert story.due(Metric.RESOLVE) == "2026-11-26T09:50"
    assert story.rows()[: len(stopped)] == stopped
    assert story.timeline().count("clock_moved") == 2
    assert story.differences() == []


def test_another_plan_retargets_open_clocks(story: TicketStory) -> None:
    story.fire()
    plan = msgspec.structs.replace(DEFAULT_PLAN, level_3=Promise(resolve="3bd"))
    with story.store.writing() as connection:
        body = msgspec.json.encode(plan).decode()
        repository.add_plan(connection, "default", body, story.now, "jh")
    story.later(5)
    assert passing.renew(story.store, story.now) == 1
    assert passing.renew(story.store, story.now) == 0
    assert story.due(Metric.RESOLVE) == "2026-11-27T17:00"
    assert [row.state for row in story.rows(Metric.RESTORE)] == ["cancelled"]
    assert story.differences() == []


def test_the_comparison_finds_what_somebody_changed(story: TicketStory) -> None:
    story.fire()
    assert story.differences() == []
    with story.store.writing() as connection:
        connection.execute(update(clock).where(clock.c.metric == "restore").values(due_at=story.now))
    assert [(each.metric, each.column) for each in story.differences()] == [("restore", "due_at")]


def _import_with_holiday(story: TicketStory, day: str) -> None:
    calendar = shipped("kr").calendar
    days = [*msgspec.to_builtins(calendar)["days"], {"date": day, "kind": "holiday"}]
    changed = msgspec.convert({**msgspec.to_builtins(calendar), "version": "x", "days": days}, type=type(calendar))
    with story.store.writing() as connection:
        add_calendar(connection, changed, "jh", story.now)
