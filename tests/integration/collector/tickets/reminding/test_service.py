"""A customer who does not answer: reminders by the site's calendar, then the ticket is resolved and closed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from collector.store.tables import notice
from collector.tickets.reminding.service import remind
from tests.fakes.ticket_story import TicketStory, seoul


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    made = TicketStory(tmp_path, start="2026-02-12T10:00")  # a Thursday; Korean New Year is 16 to 18 February
    made.fire()
    made.acknowledge()
    return made


def reminded(story: TicketStory) -> int:
    return story.timeline().count("reminded")


def at(story: TicketStory, text: str) -> None:
    story.at(text)
    while remind(story.store, story.now):
        pass


def test_reminders_follow_the_working_days_of_the_site(story: TicketStory) -> None:
    story.pause()
    for text, count in (
        ("2026-02-13T16:59", 0),
        ("2026-02-13T17:00", 1),
        ("2026-02-20T16:59", 1),  # Friday: 13, 19 and 20 are the first three working days
        ("2026-02-20T17:00", 2),
        ("2026-02-24T17:00", 3),
    ):
        at(story, text)
        assert (reminded(story), story.ticket.status) == (count, "pending"), text
    with story.store.reading() as connection:
        told = connection.execute(select(notice.c.kind, notice.c.cause).where(notice.c.cause == "reminded")).all()
    assert [tuple(row) for row in told] == [("customer", "reminded")] * 3


def test_without_an_answer_it_is_resolved_then_closed_and_may_be_reopened(story: TicketStory) -> None:
    story.pause()
    at(story, "2026-02-24T17:00")
    at(story, "2026-02-26T16:59")
    assert story.ticket.status == "pending"
    at(story, "2026-02-26T17:00")
    assert (story.ticket.status, story.ticket.resolution) == ("resolved", "no_reply")
    story.reopen()
    assert story.ticket.status == "in_progress"
    story.pause()
    at(story, "2026-03-31T17:00")
    assert (reminded(story), story.ticket.status) == (2, "pending"), "what was missed is told once, and leaves a day"
    at(story, "2026-04-02T16:59")
    assert story.ticket.status == "pending"
    at(story, "2026-04-02T17:00")
    assert story.ticket.status == "resolved"
    at(story, "2026-04-07T16:59")
    assert story.ticket.status == "resolved"
    at(story, "2026-04-07T17:00")
    assert story.ticket.status == "closed"
    assert story.differences() == []


def test_an_answer_ends_the_reminding(story: TicketStory) -> None:
    story.pause()
    at(story, "2026-02-13T17:00")
    story.resume()
    at(story, "2026-03-31T17:00")
    assert (reminded(story), story.ticket.status) == (1, "in_progress")
    story.pause()
    assert story.ticket.reminded == 0, "the next wait counts anew"


@pytest.mark.parametrize(
    ("reason", "until"), [("scheduled_by_customer", None), ("waiting_customer_info", "2026-06-01")]
)
def test_who_named_a_date_is_not_asked(story: TicketStory, reason: str, until: str | None) -> None:
    story.pause(reason, until=seoul(f"{until}T10:00") if until else None)
    at(story, "2026-04-30T17:00")
    assert (reminded(story), story.ticket.status) == (0, "pending")
