"""People end windows and silences before their time, and give held faults their own tickets."""

from __future__ import annotations

from collector.tickets.desk import holding
from collector.tickets.desk.model import HoldEnd, Silence, Window
from collector.tickets.model import Hold
from collector.tickets.state import TicketStatus
from tests.fakes.desk_story import DeskStory, about, at


def test_a_window_that_is_removed_lets_go_of_what_still_fires() -> None:
    story = DeskStory()
    story.desk.add_window("a", Window(at(0), at(1_000), 7), at(0))
    story.fire(10, level=2)
    story.fire(10, "D", level=2)
    story.ok(20, "D")
    assert not holding.remove_window(story.desk, "a", 8, at(30))
    assert story.tickets() == []
    assert holding.remove_window(story.desk, "a", 7, at(30))
    assert [ticket.clock_start_at for ticket in story.tickets()] == [at(30)]
    assert {line.end for line in story.books.ledger} == {HoldEnd.OPENED, HoldEnd.CLEARED}


def test_a_window_that_overlaps_goes_on_holding() -> None:
    story = DeskStory()
    story.desk.add_window("a", Window(at(0), at(1_000), 7), at(0))
    story.desk.add_window("a", Window(at(0), at(500), 8), at(0))
    story.fire(10, level=2)
    holding.remove_window(story.desk, "a", 7, at(30))
    assert story.alert().hold is Hold.WINDOW
    story.time(500)
    assert story.ticket().clock_start_at == at(500)


def test_a_silence_that_is_removed_lets_go_of_what_still_fires() -> None:
    story = DeskStory()
    holding.add_silence(story.desk, Silence(3, at(900), code="C"))
    story.fire(10)
    story.fire(10, site="b")
    assert not holding.remove_silence(story.desk, 4, at(20))
    assert holding.remove_silence(story.desk, 3, at(20))
    assert len(story.tickets()) == 2
    assert story.desk.books.fleet().silences == ()


def test_a_person_gives_a_held_fault_its_ticket_with_the_clock_of_its_beginning() -> None:
    story = DeskStory()
    story.window(0, 1_000)
    story.fire(10, level=2)
    story.fire(11, level=2)
    assert holding.promote(story.desk, about().key, at(100))
    assert (story.ticket().count, story.ticket().clock_start_at) == (2, at(10))
    assert not holding.promote(story.desk, about().key, at(101))
    assert not holding.promote(story.desk, about("never").key, at(101))


def test_members_of_a_storm_are_split_off_and_the_storm_recovers() -> None:
    story = DeskStory()
    for number in range(22):
        story.fire(0, f"C{number}", level=2)
    for number in range(19):
        story.ok(10, f"C{number}")
    [storm] = story.tickets("storm")
    counted = storm.count
    key = story.books.tickets[storm.id or 0]
    assert holding.split(story.desk, "a", key, at(1_000)) == 3
    assert {ticket.clock_start_at for ticket in story.tickets("fault")} == {at(0)}
    assert {ticket.count for ticket in story.tickets("fault")} == {0}  # the storm's ticket counted them
    story.time(1_000 + 1_800)
    [storm] = story.tickets("storm")
    assert (storm.status, storm.count) == (TicketStatus.RECOVERED, counted)
