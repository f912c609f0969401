"""Who is told what."""

from __future__ import annotations

from collector.tickets.desk.model import NoticeCause, NoticeKind
from tests.fakes.desk_story import DeskStory, about, at


def causes(story: DeskStory, kind: NoticeKind) -> list[NoticeCause]:
    return [notice.cause for notice in story.books.notices if notice.kind is kind]


def test_a_ticket_pages_and_tells_the_customer_once() -> None:
    story = DeskStory()
    story.fire(0)
    story.fire(10)
    assert causes(story, NoticeKind.PAGE) == [NoticeCause.OPENED]
    assert causes(story, NoticeKind.CUSTOMER) == [NoticeCause.OPENED]


def test_a_level_that_rises_is_told_and_pages_no_more() -> None:
    story = DeskStory()
    story.fire(0, level=3)
    story.time(300)
    story.fire(310, level=1)
    assert causes(story, NoticeKind.DIGEST) == [NoticeCause.LEVEL_RAISED]
    assert len(causes(story, NoticeKind.PAGE)) == 1


def test_a_known_error_keeps_its_number_when_it_is_known_twice() -> None:
    story = DeskStory()
    story.desk.tidings.know_error(about(site="a"), "2.3", at(0))
    story.desk.tidings.know_error(about(site="b"), "2.4", at(1))
    problem = story.books.code("M", "C").problem
    assert problem is not None
    assert (problem.id, problem.sites, problem.fixed_in) == (1, ("a", "b"), "2.4")


def test_an_overflow_tells_the_vendor_alone() -> None:
    story = DeskStory()
    for number in range(11):
        story.fire(number, f"C{number}", level=2)
    story.time(200)
    told = [notice for notice in story.books.notices if notice.ticket == 11]
    assert [notice.kind for notice in told] == [NoticeKind.PAGE]
