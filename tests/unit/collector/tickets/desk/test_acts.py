"""Resolving what is live."""

from __future__ import annotations

from collector.tickets.state import TicketStatus
from tests.fakes.desk_story import DeskStory, at


def test_only_what_is_live_is_resolved() -> None:
    story = DeskStory()
    assert story.resolve(0) == 0
    story.fire(10)
    assert story.resolve(20, fixed_in="2.3") == 1
    assert story.resolve(30) == 0
    ticket = story.ticket()
    assert (ticket.status, ticket.resolved_at, ticket.fixed_in) == (TicketStatus.RESOLVED, at(20), "2.3")
    assert ticket.resolution == "person"
