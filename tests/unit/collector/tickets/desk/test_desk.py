"""What the desk does with one signal: order, holds, buffered events, known errors, regressions."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.settings.model import Rules
from collector.tickets.desk.model import NoticeKind, ProblemState
from collector.tickets.model import ChangeKind, Disposition, Hold
from collector.tickets.state import TicketStatus
from tests.fakes.desk_story import DAY, HOUR, DeskStory, at


def test_r13_what_an_agent_kept_opens_without_waiting_again() -> None:
    story = DeskStory()
    assert story.fire(1_000, level=4, occurred=0) is Disposition.TICKET
    story.ok(1_000)
    assert story.ticket().count == 1


def test_r13_ten_minutes_late_is_not_kept() -> None:
    story = DeskStory()
    assert story.fire(600, level=4, occurred=0) is Disposition.PENDING


def test_r8_a_version_without_the_cure_reopens_nothing() -> None:
    story = DeskStory()
    story.fire(0, version="2.2")
    story.resolve(100, fixed_in="2.3")
    assert story.fire(1_000, version="2.2.9") is Disposition.SUPPRESSED
    assert story.alert().hold is Hold.KNOWN
    assert story.ticket().status is TicketStatus.RESOLVED
    problem = story.books.code("M", "C").problem
    assert problem is not None
    assert (problem.state, problem.fixed_in) == (ProblemState.KNOWN_ERROR, "2.3")


def test_r8_a_version_with_the_cure_is_a_regression() -> None:
    story = DeskStory()
    story.fire(0, version="2.2")
    story.resolve(100, fixed_in="2.3")
    story.fire(1_000, version="2.2")
    assert story.fire(2_000, version="2.10") is Disposition.TICKET
    ticket = story.ticket()
    assert (ticket.status, ticket.reopen_count, ticket.regressed) == (TicketStatus.IN_PROGRESS, 1, True)
    problem = story.books.code("M", "C").problem
    assert problem is not None
    assert problem.state is ProblemState.SUSPECTED


def test_r8_a_regression_after_the_window_is_a_new_ticket() -> None:
    story = DeskStory()
    story.fire(0, version="2.2")
    story.resolve(100, fixed_in="2.3")
    story.ok(200)
    story.fire(100 + 7 * DAY + 1, version="2.3")
    first, second = story.tickets()
    assert (second.recurrence_of, second.regressed) == (first.id, True)


def test_r8_seven_days_to_the_second() -> None:
    for seconds, count in ((7 * DAY, 1), (7 * DAY + 0.001, 2)):
        story = DeskStory()
        story.fire(0)
        story.resolve(0)
        story.ok(1)
        story.fire(seconds)
        assert len(story.tickets()) == count


def test_r8_the_third_recurrence_makes_a_problem_and_the_level_worse() -> None:
    story = DeskStory()
    for number in range(4):
        story.fire(number * 10 * DAY, level=3)
        story.time(number * 10 * DAY + 300)
        story.ok(number * 10 * DAY + 400)
    tickets = story.tickets()
    assert [ticket.level for ticket in tickets] == [3, 3, 3, 2]
    assert story.books.code("M", "C").problem is not None
    assert tickets[3].problem is not None


def test_r9_five_rises_within_an_hour_are_flapping() -> None:
    story = DeskStory()
    for number in range(4):
        story.fire(number * 100)
        story.ok(number * 100 + 50)
    assert not story.alert().is_flapping
    story.fire(400)
    assert story.alert().is_flapping
    story.ok(450)
    story.time(450 + 1_800)
    assert story.ticket().status is TicketStatus.NEW, "what flaps does not recover"
    story.time(400 + HOUR)
    assert not story.alert().is_flapping
    assert story.ticket().status is TicketStatus.RECOVERED
    kinds = [change.kind for change in story.books.changes]
    assert kinds.count(ChangeKind.FLAPPING) == kinds.count(ChangeKind.SETTLED) == 1


def test_r9_five_rises_in_more_than_an_hour_are_none() -> None:
    story = DeskStory()
    for number in range(5):
        story.fire(number * 900)
        story.ok(number * 900 + 50)
    assert not story.alert().is_flapping


def test_r10_what_resolved_itself_closes_after_five_days() -> None:
    story = DeskStory()
    story.fire(0, level=3)
    story.ok(400)
    story.time(400 + HOUR)
    assert story.ticket().status is TicketStatus.RESOLVED
    story.time(400 + HOUR + 5 * DAY - 1)
    assert story.ticket().status is TicketStatus.RESOLVED
    story.time(400 + HOUR + 5 * DAY)
    assert story.ticket().status is TicketStatus.CLOSED


def test_only_the_first_notice_pages() -> None:
    story = DeskStory()
    story.fire(0)
    story.resolve(10)
    story.fire(1_000)
    assert story.ticket().reopen_count == 1
    assert story.told(NoticeKind.PAGE) == 1


signals = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 30), st.sampled_from("abcdefg"), st.integers(1, 4)),
    min_size=1,
    max_size=150,
)


@given(signals)
@settings(max_examples=60, deadline=None)
def test_nothing_is_dropped_uncounted(found: list[tuple[int, int, str, int]]) -> None:
    story = DeskStory(Rules(site_tickets=5))
    seconds = 0.0
    for step, code, site, level in found:
        seconds += step
        story.fire(seconds, f"C{code}", site=site, level=level)
    story.time(seconds + 2 * HOUR)
    assert sum(ticket.count for ticket in story.tickets()) == len(found)


@given(signals)
@settings(max_examples=60, deadline=None)
def test_each_fingerprint_has_one_live_ticket_and_every_child_a_parent(found: list[tuple[int, int, str, int]]) -> None:
    story = DeskStory()
    seconds = 0.0
    for number, (step, code, site, level) in enumerate(found):
        seconds += step * 10
        if (number * 7 + code) % 3 == 0:
            story.ok(seconds, f"C{code}", site=site)
        else:
            story.fire(seconds, f"C{code}", site=site, level=level)
    live = [key for number, key in story.books.tickets.items() if number not in story.books.ended]
    assert len(live) == len(set(live))
    numbers = set(story.books.tickets)
    assert {ticket.parent for ticket in story.tickets()} - {None} <= numbers


def test_time_that_passes_in_steps_or_at_once_comes_to_the_same() -> None:
    def told(steps: int) -> list[tuple[str, str, int]]:
        story = DeskStory()
        for number in range(25):
            story.fire(number * 7, f"C{number}", level=2 + number % 3)
        for step in range(1, steps + 1):
            story.time(200 + step * (8 * DAY / steps))
        return [(ticket.kind, ticket.status, ticket.count) for ticket in story.tickets()]

    assert told(1) == told(500)


def test_a_window_that_overlaps_another_holds_until_the_later_end() -> None:
    story = DeskStory()
    story.window(0, 600)
    story.window(300, 900)
    story.fire(10, level=2)
    story.time(700)
    assert not story.has_ticket()
    story.time(900)
    assert story.ticket().clock_start_at == at(900)
