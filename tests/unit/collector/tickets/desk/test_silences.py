"""What a silence covers, and when it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collector.tickets.alert_state import AlertState
from collector.tickets.desk.model import Fleet, HoldEnd, NoticeKind, Silence
from collector.tickets.desk.silences import covers, fleet_due, is_silenced
from collector.tickets.model import Disposition, Hold
from tests.fakes.desk_story import DeskStory, about, at

UNTIL = at(100)


@pytest.mark.parametrize(
    ("silence", "is_meant"),
    [
        (Silence(1, UNTIL, site="a"), True),
        (Silence(1, UNTIL, site="b"), False),
        (Silence(1, UNTIL, code="C"), True),
        (Silence(1, UNTIL, code="D"), False),
        (Silence(1, UNTIL, site="a", module="M", code="C"), True),
        (Silence(1, UNTIL, site="a", module="N", code="C"), False),
        (Silence(1, UNTIL, key=about().key), True),
        (Silence(1, UNTIL, key="other"), False),
        (Silence(1, UNTIL), False),  # nothing is asked for: not everything
    ],
)
def test_every_field_that_is_named_must_agree(silence: Silence, *, is_meant: bool) -> None:
    assert covers(silence, about()) is is_meant


def test_the_end_is_not_in_it() -> None:
    fleet = Fleet(silences=(Silence(1, UNTIL, site="a"), Silence(2, at(50), site="a")))
    assert is_silenced(fleet, about(), UNTIL - timedelta(microseconds=1))
    assert not is_silenced(fleet, about(), UNTIL)
    assert fleet_due(fleet) == at(50)
    assert fleet_due(Fleet()) is None


def test_what_is_silenced_is_counted_and_opens_when_the_silence_ends() -> None:
    story = DeskStory()
    story.silence(0, 600, code="C")
    assert [story.fire(seconds) for seconds in (10, 20)] == [Disposition.SUPPRESSED] * 2
    assert story.fire(30, "D") is Disposition.TICKET
    assert (story.alert().hold, story.alert().held_count) == (Hold.SILENCED, 2)
    assert story.told(NoticeKind.PAGE) == 1  # of D
    story.time(599)
    assert not story.has_ticket()
    story.time(600)
    ticket = story.ticket()
    assert (ticket.count, ticket.clock_start_at) == (2, at(600))
    [line] = story.books.ledger
    assert (line.hold, line.count, line.end) == ("silenced", 2, HoldEnd.OPENED)


def test_what_went_away_in_a_silence_opens_nothing_and_stays_in_the_ledger() -> None:
    story = DeskStory()
    story.silence(0, 600)
    story.fire(10)
    story.ok(20)
    story.time(1_000)
    assert not story.has_ticket()
    [line] = story.books.ledger
    assert (line.hold, line.count, line.end) == ("silenced", 1, HoldEnd.CLEARED)


def test_a_ticket_that_was_open_before_goes_on_counting() -> None:
    story = DeskStory()
    story.fire(0)
    story.silence(5, 600)
    assert story.fire(10) is Disposition.TICKET
    assert (story.ticket().count, story.state()) == (2, AlertState.FIRING)


def test_a_silence_makes_no_storm() -> None:
    story = DeskStory()
    story.silence(0, 600, site="a")
    for number in range(30):
        story.fire(number, f"C{number}")
    assert story.tickets() == []
