"""Calendars and plans that people bring."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from collector.sla.plan import DEFAULT_PLAN
from collector.sla.shelf import shipped
from collector.tickets.clocks.catalogue import (
    CalendarRefused,
    default_name,
    find_calendar,
    import_calendar,
    list_calendars,
    set_plan,
    use_calendar,
)
from collector.tickets.clocks.shelf import Shelf
from tests.fakes.ticket_story import TicketStory


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    return TicketStory(tmp_path)


def test_a_version_is_imported_once_and_the_newest_counts(story: TicketStory) -> None:
    calendar = msgspec.structs.replace(shipped("kr").calendar, version="2030")
    assert import_calendar(story.store, calendar, by="jh", now=story.now) > 0
    with pytest.raises(CalendarRefused):
        import_calendar(story.store, calendar, by="jh", now=story.now)
    with story.store.reading() as connection:
        assert find_calendar(connection, "kr").version == "2030"
        with pytest.raises(CalendarRefused):
            find_calendar(connection, "mars")


def test_the_default_and_the_calendar_of_a_site(story: TicketStory) -> None:
    use_calendar(story.store, "cn", None)
    use_calendar(story.store, "kr", "seoul")
    with pytest.raises(CalendarRefused):
        use_calendar(story.store, "kr", "nowhere")
    with pytest.raises(CalendarRefused):
        use_calendar(story.store, "mars", None)
    with story.store.reading() as connection:
        assert default_name(connection) == "cn"
        lines = {line.name: (line.is_default, line.sites) for line in list_calendars(connection)}
    assert lines == {"24x7": (False, 0), "cn": (True, 0), "kr": (False, 1)}


def test_another_plan_is_in_use(story: TicketStory) -> None:
    set_plan(story.store, msgspec.structs.replace(DEFAULT_PLAN, plan="gold"), by="jh", now=story.now)
    with story.store.reading() as connection:
        assert Shelf(connection).plan()[1].plan == "gold"
