"""Which calendar the clocks of a site count by."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from collector.sla.plan import Metric
from collector.store.tables import site
from collector.tickets.clocks import repository
from collector.tickets.clocks.shelf import Shelf, stock_store
from tests.fakes.ticket_story import TicketStory


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    return TicketStory(tmp_path)


def test_the_site_names_its_calendar(story: TicketStory) -> None:
    with story.store.writing() as connection:
        connection.execute(update(site).values(calendar="cn"))
    story.at("2026-02-13T17:00").fire()  # 16:00 in Shanghai; Saturday is worked there
    assert story.due(Metric.RESOLVE) == "2026-02-14T16:30"


def test_what_comes_with_the_collector_is_there_once(story: TicketStory) -> None:
    stock_store(story.store, story.now)
    stock_store(story.store, story.now)
    with story.store.reading() as connection:
        assert [row.name for row in repository.calendars(connection)] == ["24x7", "cn", "kr"]
        found = Shelf(connection).of_site("kr")
        assert Shelf(connection).by_id(found.id) is found.working
        assert Shelf(connection).current("mars") is None
