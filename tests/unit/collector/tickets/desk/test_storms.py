"""R5 at its edges."""

from __future__ import annotations

from collector.tickets.desk.model import NoticeKind
from collector.tickets.model import Disposition, Hold
from collector.tickets.state import TicketStatus
from tests.fakes.desk_story import HOUR, DeskStory, at


def burst(
    story: DeskStory, count: int, *, start: float = 0, step: float = 1, level: int = 2, prefix: str = "C"
) -> None:
    for number in range(count):
        story.fire(start + number * step, f"{prefix}{number}", level=level)


def test_twenty_fingerprints_are_one_storm_and_open_nothing_else() -> None:
    story = DeskStory()
    burst(story, 20)
    story.time(HOUR)
    [storm] = story.tickets()
    assert (storm.kind, storm.level, storm.count) == ("storm", 2, 20)
    assert story.told(NoticeKind.PAGE) == 1


def test_nineteen_are_none() -> None:
    story = DeskStory()
    burst(story, 19)
    story.time(HOUR)
    assert story.tickets("storm") == []
    assert len(story.tickets("fault")) == 10  # and the rest is over the budget
    assert len(story.tickets("overflow")) == 1


def test_the_twentieth_after_the_window_is_too_late() -> None:
    story = DeskStory()
    burst(story, 19, step=1)
    story.fire(301, "late", level=2)
    assert story.tickets("storm") == []


def test_the_twentieth_at_the_end_of_the_window_is_in_time() -> None:
    story = DeskStory()
    burst(story, 19, step=1)
    story.fire(299.9, "late", level=2)
    assert len(story.tickets("storm")) == 1


def test_the_same_fingerprint_again_is_not_another_one() -> None:
    story = DeskStory()
    for number in range(60):
        story.fire(number, f"C{number % 19}", level=4)
    assert story.tickets("storm") == []


def test_tickets_of_the_window_become_children_and_the_level_is_the_worst() -> None:
    story = DeskStory()
    story.fire(0, "first", level=1)
    burst(story, 19, start=1, level=3)
    [storm] = story.tickets("storm")
    assert storm.level == 1
    assert story.ticket("first").parent == storm.id
    assert len(story.tickets("fault")) == 1


def test_what_is_new_in_a_storm_is_counted_on_it_at_once() -> None:
    story = DeskStory()
    burst(story, 20)
    assert story.fire(100, "new", level=4) is Disposition.HOSTED
    assert story.alert("new").hold is Hold.STORM
    [storm] = story.tickets()
    assert storm.count == 21


def test_a_worse_member_raises_the_level_of_the_storm() -> None:
    story = DeskStory()
    burst(story, 20, level=3)
    story.fire(100, "new", level=1)
    [storm] = story.tickets()
    assert storm.level == 1


def test_a_storm_ends_when_hardly_anything_is_new() -> None:
    story = DeskStory()
    burst(story, 20)  # the third newest was at 17 s
    story.time(616.9)
    assert story.books.site("a").storm is not None
    story.time(617)
    assert story.books.site("a").storm is None
    story.fire(700, "after", level=1)
    assert story.ticket("after").kind == "fault"


def test_what_goes_on_being_new_keeps_it_alive() -> None:
    story = DeskStory()
    burst(story, 20)
    burst(story, 30, start=20, step=190, prefix="D")
    assert story.books.site("a").storm is not None


def test_a_storm_is_frozen_after_some_hours_and_the_next_is_another() -> None:
    story = DeskStory()
    burst(story, 20)
    burst(story, 200, start=20, step=75, prefix="D")
    assert story.books.site("a").storm is None
    burst(story, 20, start=4 * HOUR + 1_000, prefix="E")
    assert len(story.tickets("storm")) == 2


def test_members_stay_on_the_storm_that_took_them_in_until_they_are_ok() -> None:
    story = DeskStory()
    burst(story, 20)
    story.time(HOUR)
    assert story.fire(HOUR + 1, "C3", level=2) is Disposition.HOSTED
    story.ok(HOUR + 2, "C3")
    story.fire(HOUR + 3, "C3", level=1)
    assert story.ticket("C3").kind == "fault"


def test_the_storm_recovers_when_all_its_members_are_ok() -> None:
    story = DeskStory()
    burst(story, 20)
    for number in range(19):
        story.ok(1_000 + number, f"C{number}")
    story.time(2 * HOUR)
    assert story.tickets()[0].status is TicketStatus.NEW
    story.ok(2 * HOUR, "C19")
    story.time(2 * HOUR + 1_800)
    [storm] = story.tickets()
    assert storm.status is TicketStatus.RECOVERED
    assert storm.recovered_at == at(2 * HOUR)


def test_what_comes_and_goes_within_the_delay_before_the_storm_is_no_member() -> None:
    story = DeskStory()
    story.fire(0, "blip", level=2)
    story.ok(1, "blip")
    burst(story, 19, start=2)
    assert "blip" not in {story.books.about(key).code for key in story.books.unsettled("a")}


def test_digests_are_sent_while_it_lasts() -> None:
    story = DeskStory()
    burst(story, 20)
    burst(story, 12, start=20, step=150, prefix="D")
    story.time(1_850)
    assert story.told(NoticeKind.DIGEST) == 2
