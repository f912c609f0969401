"""R11: silence of one, and of many."""

from __future__ import annotations

from collector.tickets.alert_state import AlertState
from collector.tickets.desk.model import NoticeKind
from collector.tickets.model import Disposition, Hold
from collector.tickets.state import TicketStatus
from tests.fakes.desk_story import HOUR, DeskStory, at


def test_a_silent_site_is_one_ticket_that_recovers_when_it_is_heard() -> None:
    story = DeskStory()
    story.missed(0, "a")
    [ticket] = story.tickets()
    assert (ticket.kind, ticket.level, ticket.status) == ("site_silent", 2, TicketStatus.NEW)
    story.heard(100, "a")
    story.time(100 + 1_800)
    [ticket] = story.tickets()
    assert (ticket.status, ticket.recovered_at) == (TicketStatus.RECOVERED, at(100))


def test_what_waits_when_the_site_falls_silent_opens_when_it_is_heard() -> None:
    story = DeskStory()
    story.fire(0, level=3)
    story.missed(200, "a")
    story.time(HOUR)
    assert story.alert().hold is Hold.SILENT
    assert not story.has_ticket()
    story.heard(HOUR, "a")
    assert story.ticket().clock_start_at == at(HOUR)


def test_a_host_that_was_never_silent_changes_nothing() -> None:
    story = DeskStory()
    story.heard(0, "a")
    assert story.tickets() == []


def test_more_than_a_third_of_all_sites_at_once_is_our_own_fault() -> None:
    story = DeskStory()
    story.sites = 16
    story.missed(0, "a", "b", "c", "d", "e")
    [ticket] = story.tickets()
    assert (ticket.kind, ticket.count) == ("internal", 5)
    assert story.told(NoticeKind.CUSTOMER) == 0
    assert story.told(NoticeKind.PAGE) == 1


def test_exactly_the_share_is_not_yet_ours() -> None:
    story = DeskStory()
    story.sites = 20
    story.missed(0, "a", "b", "c", "d", "e", "f")  # 30 % of 20
    assert len(story.tickets("site_silent")) == 6


def test_four_sites_are_never_a_mass() -> None:
    story = DeskStory()
    story.sites = 4
    story.missed(0, "a", "b", "c", "d")
    assert len(story.tickets("site_silent")) == 4


def test_those_that_fell_silent_just_before_become_part_of_it() -> None:
    story = DeskStory()
    story.sites = 6
    story.missed(0, "a")
    story.missed(10, "b", "c", "d", "e")
    [internal] = story.tickets("internal")
    [first] = story.tickets("site_silent")
    assert first.parent == internal.id


def test_more_than_five_minutes_apart_is_no_mass() -> None:
    story = DeskStory()
    story.sites = 6
    for number, site in enumerate("abcde"):
        story.missed(number * 301, site)
    assert story.tickets("internal") == []


def test_who_stays_silent_when_the_others_are_back_gets_a_ticket() -> None:
    story = DeskStory()
    story.sites = 6
    story.missed(0, "a", "b", "c", "d", "e")
    story.heard(100, "a", "b", "c", "d")
    [silent] = story.tickets("site_silent")
    assert silent.status is TicketStatus.NEW
    story.time(100 + 1_800)
    [internal] = story.tickets("internal")
    assert internal.status is TicketStatus.RECOVERED


def test_faults_of_silent_sites_are_held() -> None:
    story = DeskStory()
    story.missed(0, "a")
    assert story.fire(10) is Disposition.SUPPRESSED
    assert story.state() is AlertState.FIRING
