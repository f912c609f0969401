"""R6 at its edges."""

from __future__ import annotations

from collector.settings.model import Rules
from collector.tickets.desk.fleet import is_gathering
from collector.tickets.desk.model import NoticeKind, ProblemState
from tests.fakes.desk_story import DAY, DeskStory, at


def test_five_sites_are_a_problem_that_alone_pages() -> None:
    story = DeskStory()
    for number in range(7):
        story.fire(number, site=f"s{number}")
    problem = story.books.code("M", "C").problem
    assert problem is not None
    assert (problem.state, len(problem.sites)) == (ProblemState.SUSPECTED, 7)
    assert [ticket.problem for ticket in story.tickets()] == [problem.id] * 7
    assert story.told(NoticeKind.PAGE) == 5  # four tickets before anybody could know, and the problem
    assert story.told(NoticeKind.CUSTOMER) == 7


def test_four_sites_are_none() -> None:
    story = DeskStory()
    for number in range(4):
        story.fire(number, site=f"s{number}")
    assert story.books.code("M", "C").problem is None


def test_the_same_site_five_times_is_none() -> None:
    story = DeskStory()
    for number in range(5):
        story.fire(number * 10, site="a")
        story.resolve(number * 10 + 1)
    assert story.books.code("M", "C").problem is None


def test_the_window_is_ten_minutes() -> None:
    for last, expected in ((600.0, True), (600.1, False)):
        story = DeskStory()
        for number in range(4):
            story.fire(0, site=f"s{number}")
        story.fire(last, site="s4")
        assert (story.books.code("M", "C").problem is not None) is expected


def test_other_codes_are_other_problems() -> None:
    story = DeskStory()
    for number in range(5):
        story.fire(number, f"C{number}", site=f"s{number}")
    assert all(kept.problem is None for kept in story.books.codes().values())


def test_a_problem_gathers_until_it_has_been_quiet_for_a_day() -> None:
    story, rules = DeskStory(), Rules()
    for number in range(5):
        story.fire(number, site=f"s{number}")
    code = story.books.code("M", "C")
    assert is_gathering(code, at(DAY), rules)
    assert not is_gathering(code, at(DAY + 5), rules)
