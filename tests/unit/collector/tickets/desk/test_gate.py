"""R4, R7 and R12 at their edges."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from collector.settings.model import Rules
from collector.tickets.alert_state import AlertState
from collector.tickets.desk.model import NoticeKind
from collector.tickets.model import Disposition, Hold
from tests.fakes.desk_story import HOUR, DeskStory, at


def test_r7_the_eleventh_ticket_of_an_hour_goes_to_the_overflow() -> None:
    story = DeskStory(Rules(storm_fingerprints=1_000, open_delay_s=(0, 0, 0, 0)))
    found = [story.fire(number, f"C{number}", level=2) for number in range(12)]
    assert found == [Disposition.TICKET] * 10 + [Disposition.HOSTED] * 2
    [overflow] = story.tickets("overflow")
    assert overflow.count == 2


def test_r7_level_1_is_exempt() -> None:
    story = DeskStory(Rules(storm_fingerprints=1_000))
    for number in range(15):
        assert story.fire(number, f"C{number}", level=1) is Disposition.TICKET


def test_r7_an_hour_later_there_is_room_again() -> None:
    story = DeskStory(Rules(storm_fingerprints=1_000, open_delay_s=(0, 0, 0, 0)))
    for number in range(10):
        story.fire(0, f"C{number}", level=2)
    assert story.fire(HOUR - 0.1, "before", level=2) is Disposition.HOSTED
    assert story.fire(HOUR, "after", level=2) is Disposition.TICKET


def test_r7_all_sites_together_have_a_budget() -> None:
    story = DeskStory(Rules(open_delay_s=(0, 0, 0, 0), fleet_sites=1_000))
    found = [story.fire(0, f"C{number}", site=f"s{number}", level=2) for number in range(101)]
    assert found[:100] == [Disposition.TICKET] * 100
    assert found[100] is Disposition.HOSTED
    assert story.fire(301, "later", site="z", level=2) is Disposition.TICKET


def test_r7_a_fault_of_the_whole_fleet_counts_as_one() -> None:
    story = DeskStory(Rules(open_delay_s=(0, 0, 0, 0)))
    for number in range(150):
        assert story.fire(number / 10, site=f"s{number}", level=2) is Disposition.TICKET
    assert len(story.tickets("fault")) == 150


def test_r12_what_fires_in_a_window_is_held_and_opens_at_its_end() -> None:
    story = DeskStory()
    story.window(0, 600)
    assert story.fire(10, level=2) is Disposition.SUPPRESSED
    assert story.fire(599.9, level=2) is Disposition.SUPPRESSED
    assert not story.has_ticket()
    story.time(600)
    assert story.ticket().clock_start_at == at(600)
    assert story.ticket().count == 2


def test_r12_the_end_of_a_window_is_not_in_it() -> None:
    story = DeskStory()
    story.window(0, 600)
    assert story.fire(600, level=1) is Disposition.TICKET


def test_r12_what_ends_in_the_window_opens_nothing() -> None:
    story = DeskStory()
    story.window(0, 600)
    story.fire(10, level=2)
    story.ok(20)
    story.time(HOUR)
    assert story.tickets() == []
    assert story.state() is AlertState.OK


@pytest.mark.parametrize(("level", "found"), [(1, Disposition.TICKET), (2, Disposition.SUPPRESSED)])
def test_r12_level_1_breaks_through(level: int, found: Disposition) -> None:
    story = DeskStory()
    story.window(0, 600)
    assert story.fire(10, level=level) is found


def test_r12_a_held_fault_that_becomes_level_1_breaks_through() -> None:
    story = DeskStory()
    story.window(0, 600)
    story.fire(10, level=2)
    assert story.fire(20, level=1) is Disposition.TICKET


def test_r12_a_live_ticket_goes_on_counting() -> None:
    story = DeskStory()
    story.fire(0)
    story.window(10, 600)
    assert story.fire(20) is Disposition.TICKET
    assert story.ticket().count == 2


def test_r12_a_window_makes_no_storm() -> None:
    story = DeskStory()
    story.window(0, 600)
    for number in range(30):
        story.fire(number, f"C{number}", level=2)
    assert story.tickets() == []


def test_r4_what_depends_on_a_fault_is_held_until_it_is_over() -> None:
    story = DeskStory(depends_on={"billing": ["database"]})
    story.fire(0, "down", module="database")
    assert story.fire(119, "late", module="billing") is Disposition.SUPPRESSED
    assert story.alert("late", module="billing").hold is Hold.UPSTREAM
    story.ok(300, "down", module="database")
    assert story.ticket("late", module="billing").clock_start_at == at(300)


def test_r4_what_begins_long_after_the_upstream_fault_is_its_own() -> None:
    story = DeskStory(depends_on={"billing": ["database"]})
    story.fire(0, "down", module="database")
    assert story.fire(121, "late", module="billing") is Disposition.TICKET


def test_r4_what_began_shortly_before_becomes_its_child() -> None:
    story = DeskStory(depends_on={"billing": ["database"]})
    story.fire(0, "late", module="billing")
    story.fire(60, "down", module="database")
    assert story.ticket("late", module="billing").parent == story.ticket("down", module="database").id


def test_r4_modules_that_do_not_depend_are_not_held() -> None:
    story = DeskStory(depends_on={"billing": ["database"]})
    story.fire(0, "down", module="database")
    assert story.fire(10, "other", module="reception") is Disposition.TICKET
    assert story.told(NoticeKind.PAGE) == 2


def test_r4d_a_patch_that_the_site_has_put_off_holds_its_code_there_until_that_day() -> None:
    story = DeskStory()
    books = story.desk.books
    books.keep_code("M", "C", replace(books.code("M", "C"), put_off={"a": at(HOUR)}))
    assert story.fire(0, level=2) is Disposition.SUPPRESSED
    assert story.alert().hold is Hold.KNOWN
    assert story.fire(0, site="b", level=2) is not Disposition.SUPPRESSED  # another site has not
    assert story.fire(0, "D", level=2) is not Disposition.SUPPRESSED  # nor is it for another code
    assert story.fire(HOUR - 1, level=2) is Disposition.SUPPRESSED
    assert story.fire(HOUR, level=2) is Disposition.TICKET
    assert story.ticket().count == 3


def test_r4d_what_breaks_through_a_window_breaks_through_here() -> None:
    story = DeskStory()
    books = story.desk.books
    books.keep_code("M", "C", replace(books.code("M", "C"), put_off={"a": at(HOUR)}))
    assert story.fire(0, level=1) is Disposition.TICKET


def test_r8_the_declared_order_of_versions_decides_what_is_unpatched() -> None:
    story = DeskStory()
    story.books.versions["M"] = ("spring", "autumn")
    story.fire(0, version="spring")
    story.resolve(10, fixed_in="autumn")
    assert story.fire(1_000, version="spring") is Disposition.SUPPRESSED
    assert story.alert().hold is Hold.KNOWN
    assert story.fire(1_010, version="autumn") is Disposition.TICKET
    assert story.ticket().reopen_count == 1
    plain = DeskStory()  # by letters spring is the later one
    plain.fire(0, version="spring")
    plain.resolve(10, fixed_in="autumn")
    assert plain.fire(1_000, version="spring") is Disposition.TICKET
