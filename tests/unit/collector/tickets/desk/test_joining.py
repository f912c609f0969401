"""R14: two tickets go on as one, and part again."""

from __future__ import annotations

import pytest

from collector.tickets.alert_state import AlertState
from collector.tickets.desk import joining
from collector.tickets.model import ChangeKind
from collector.tickets.state import TicketStatus
from tests.fakes.desk_story import DeskStory, about, at


def merged() -> DeskStory:
    story = DeskStory()
    story.fire(0, "B", level=1)
    story.fire(10, "A", level=2)
    story.time(100)
    joining.merge(story.desk, about("B").key, about("A").key, at(100))
    return story


def test_the_other_ticket_takes_over_the_worst_level_and_the_earliest_clock() -> None:
    story = merged()
    first, other = story.ticket("B"), story.ticket("A")
    assert (first.status, first.parent) == (TicketStatus.MERGED, other.id)
    assert (other.level, other.clock_start_at, other.count, other.touched) == (1, at(0), 1, True)
    kinds = [(change.kind, change.ticket_id) for change in story.books.changes]
    assert (ChangeKind.MERGED, first.id) in kinds
    assert (ChangeKind.JOINED, other.id) in kinds


def test_what_comes_later_follows() -> None:
    story = merged()
    story.fire(200, "B", level=1)
    assert (story.ticket("A").count, story.ticket("B").count) == (2, 1)
    story.ok(300, "B")
    assert story.state("A") is AlertState.OK
    story.time(300 + 1_800)
    assert story.ticket("A").status is TicketStatus.RECOVERED


def test_a_merger_into_what_was_merged_follows_too() -> None:
    story = merged()
    story.fire(110, "Z", level=1)
    joining.merge(story.desk, about("A").key, about("Z").key, at(120))
    story.fire(200, "B")
    assert story.ticket("Z").count == 2


def test_what_still_fires_goes_on_firing_there() -> None:
    story = DeskStory()
    story.fire(0, "A")
    story.fire(0, "B")
    story.ok(5, "A")
    story.time(5 + 1_800)
    assert story.ticket("A").status is TicketStatus.RECOVERED
    joining.merge(story.desk, about("B").key, about("A").key, at(2_000))
    assert story.state("A") is AlertState.FIRING
    assert story.ticket("A").status is not TicketStatus.RECOVERED
    assert story.state("B") is AlertState.OK


def test_taken_back_it_speaks_for_itself() -> None:
    story = merged()
    joining.unmerge(story.desk, about("B").key, at(400))
    assert (story.ticket("B").status, story.ticket("B").parent) == (TicketStatus.IN_PROGRESS, None)
    story.fire(500, "B")
    assert (story.ticket("A").count, story.ticket("B").count) == (1, 2)


def test_what_has_ended_is_not_merged() -> None:
    story = merged()
    with pytest.raises(ValueError, match="live"):
        joining.merge(story.desk, about("B").key, about("A").key, at(500))
