"""A person judges how bad a fault is: the machine raises the level again only for something worse."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.errors import TicketRefused
from collector.sla.plan import Metric
from collector.tickets.service import set_level
from tests.fakes.ticket_story import TicketStory


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    made = TicketStory(tmp_path, level=2)
    made.fire()
    return made


def judge(story: TicketStory, level: int, note: str = "one printer of twelve") -> None:
    set_level(story.store, story.number, level, actor="jh", note=note, now=story.now)


def test_what_was_known_does_not_raise_it_again_and_worse_does(story: TicketStory) -> None:
    judge(story, 3)
    story.later(1).fire()
    assert (story.ticket.level, story.ticket.count) == (3, 2)
    story.later(1).raise_level(1)
    assert story.ticket.level == 1
    story.later(1).fire()
    assert story.timeline().count("level_raised") == 1
    assert story.differences() == []


def test_without_a_person_the_same_signal_raises_it(story: TicketStory) -> None:
    """The control: it is the person's judgement that holds the level down."""
    story.later(1).raise_level(1)
    assert story.ticket.level == 1


def test_lowered_twice_it_remembers_the_worst(story: TicketStory) -> None:
    judge(story, 3)
    judge(story, 4)
    story.later(1).fire()
    assert story.ticket.level == 4


def test_raised_by_a_person_it_follows_the_machine_again(story: TicketStory) -> None:
    judge(story, 4)
    judge(story, 3)
    assert story.ticket.lowered_from is None
    story.later(1).fire()
    assert story.ticket.level == 2


def test_the_clocks_go_over_to_the_other_level_from_their_start(story: TicketStory) -> None:
    assert story.due(Metric.RESTORE) == "2026-11-24T18:00"
    story.later(60)
    judge(story, 3)
    assert story.due(Metric.RESTORE) == "2026-11-25T09:30"
    assert story.differences() == []


def test_no_reason_the_same_level_or_an_ended_ticket_are_refused(story: TicketStory) -> None:
    for level, note in ((3, " "), (2, "as it is")):
        with pytest.raises(TicketRefused):
            judge(story, level, note)
    story.resolve()
    with pytest.raises(TicketRefused):
        judge(story, 3)
    assert story.ticket.level == 2
