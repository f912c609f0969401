"""The nightly comparison, and calendars whose known days end soon."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from collector.jobs.clocks import check_some, guard_coverage
from collector.sla.shelf import shipped
from collector.store.tables import site
from collector.tickets.clocks.shelf import add_calendar
from tests.fakes.ticket_story import TicketStory


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    return TicketStory(tmp_path)


def test_the_nightly_comparison_runs_once_a_night(story: TicketStory) -> None:
    story.fire()
    assert check_some(story.store, story.now) == 3
    assert check_some(story.store, story.now) == 0
    story.later(24 * 60 + 1)
    assert check_some(story.store, story.now) == 3


def test_a_calendar_that_ends_soon_opens_one_internal_ticket(story: TicketStory) -> None:
    def guard() -> int:
        return guard_coverage(story.store, story.codebook, story.rules, story.now, lambda: f"{story.now:%y%m%d}" * 4)

    with story.store.writing() as connection:
        connection.execute(update(site).values(calendar="cn"))
    story.at("2026-10-31T12:00")
    assert guard() == 0
    story.at("2026-11-02T12:00")
    assert guard() == 1
    assert guard() == 0
    assert (story.ticket.kind, story.ticket.code, story.ticket.site_id) == ("internal", "COL-CALENDAR", "collector")
    assert story.rows() == []  # nobody is promised anything about it
    story.at("2026-11-03T12:00")
    assert guard() == 0
    calendar = shipped("cn").calendar
    coverage = msgspec.structs.replace(calendar.coverage, until=calendar.coverage.until.replace(year=2027))
    with story.store.writing() as connection:
        add_calendar(connection, msgspec.structs.replace(calendar, version="2027", coverage=coverage), "jh", story.now)
    story.at("2026-11-04T12:00")
    assert guard() == 1
    story.later(24 * 60 + 1)
    assert story.ticket.status in {"recovered", "resolved"}
