"""Service clocks on real tickets over a real database: the worked examples, pauses, warnings, other calendars."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from collector.errors import TicketRefused
from collector.jobs.clocks import check_some, guard_coverage
from collector.sla.plan import DEFAULT_PLAN, Metric, Promise
from collector.sla.shelf import shipped
from collector.store.tables import clock, site, ticket
from collector.tickets import waiting
from collector.tickets.clocks import passing, repository
from collector.tickets.clocks.shelf import add_calendar
from tests.fakes.ticket_story import TicketStory, seoul

HOUR_US = 3_600_000_000


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    return TicketStory(tmp_path)


def test_example_9_a_raised_level_replays_the_pause_from_the_original_start(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.at("2026-11-24T11:00").pause("force_majeure", approved="sy")
    assert story.due(Metric.RESTORE) is None
    assert story.cycles(Metric.RESTORE)[-1].reading.remaining_us == 7 * HOUR_US
    story.at("2026-11-24T13:00").resume()
    assert story.due(Metric.RESTORE) == "2026-11-25T11:30"
    story.at("2026-11-24T14:00").raise_level(1)
    assert story.due(Metric.RESTORE) == "2026-11-24T16:00"
    assert story.differences() == []


def test_at_level_1_a_pause_for_want_of_information_does_not_count(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.at("2026-11-24T11:00").pause()
    story.at("2026-11-24T13:00").resume()
    story.at("2026-11-24T15:00").raise_level(1)
    [view] = story.cycles(Metric.RESTORE)
    assert (view.reading.is_born_breached, view.reading.breached_at) == (True, seoul("2026-11-24T15:00"))
    assert story.notices().count(("restore", 100)) == 1
    assert story.later(600).notices().count(("restore", 100)) == 1
    assert story.differences() == []


def test_example_10_a_reopened_ticket_gets_a_full_second_cycle(story: TicketStory) -> None:
    story.fire()
    story.at("2026-11-24T15:00").resolve()
    story.at("2026-11-26T09:00").reopen()
    first, second = story.cycles(Metric.RESOLVE)
    assert (first.reading.active_us, first.reading.breached_at) == (5 * HOUR_US, None)
    assert story.due(Metric.RESOLVE) == "2026-11-26T17:00"
    assert second.cycle.start == seoul("2026-11-26T09:00")
    assert story.differences() == []


def test_restoring_stops_at_the_first_ok_instant_and_a_relapse_begins_again(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.at("2026-11-24T12:00").ok()
    story.at("2026-11-24T13:30")
    [view] = story.cycles(Metric.RESTORE)
    assert (story.ticket.status, view.cycle.stopped_at) == ("recovered", seoul("2026-11-24T12:00"))
    story.fire()
    assert [each.cycle.state for each in story.cycles(Metric.RESTORE)] == ["stopped", "running"]
    assert story.differences() == []


def test_a_fault_that_is_gone_for_the_moment_is_not_called_late(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.at("2026-11-25T09:00").ok()  # half an hour before it would be due
    story.at("2026-11-25T09:45")
    assert ("restore", 100) not in story.notices()
    assert ("resolve", 100) in story.notices()
    story.at("2026-11-25T10:00")
    assert story.cycles(Metric.RESTORE)[-1].reading.breached_at is None
    assert story.differences() == []


def test_what_resolves_itself_owes_nobody_an_answer(tmp_path: Path) -> None:
    story = TicketStory(tmp_path, level=4)
    story.fire()
    story.later(10).ok()
    story.later(25 * 60)
    assert story.ticket.status == "resolved"
    assert story.rows(Metric.FIRST_RESPONSE)[0].state == "cancelled"
    assert story.rows(Metric.RESOLVE)[0].state == "stopped"
    assert story.rows(Metric.RESTORE) == []


def test_a_level_that_promises_more_starts_the_missing_clock_from_the_start(tmp_path: Path) -> None:
    story = TicketStory(tmp_path, level=4)
    story.fire()
    story.at("2026-11-24T12:00").raise_level(3)
    assert story.due(Metric.RESTORE) == "2026-11-25T09:30"
    assert story.differences() == []


def test_a_person_who_acknowledges_stops_the_first_response(story: TicketStory) -> None:
    story.fire()
    story.later(20).acknowledge()
    [view] = story.cycles(Metric.FIRST_RESPONSE)
    assert (view.cycle.state, view.reading.breached_at) == ("stopped", None)


def test_warnings_come_once_by_active_time_and_never_at_night(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    seen = []
    for instant in ("24T13:59", "24T14:00", "24T16:00", "24T23:00", "25T08:41", "25T08:42", "25T09:30", "25T12:00"):
        before = len(story.notices())
        story.at(f"2026-11-{instant}")
        seen += [(instant, percent) for metric, percent in story.notices()[before:] if metric == "resolve"]
    assert seen == [("24T14:00", 50), ("24T16:00", 75), ("25T08:42", 90), ("25T12:00", 100)]
    assert story.timeline().count("clock_warned") == 8


def test_of_several_missed_warnings_the_highest_is_told(tmp_path: Path) -> None:
    story = TicketStory(tmp_path, jobs=False)
    story.fire()
    story.acknowledge()
    story.jobs = True
    story.at("2026-11-24T16:30")
    assert sorted(story.notices()) == [("resolve", 75), ("restore", 75)]


def test_a_ticket_goes_on_at_the_planned_date_or_when_its_fault_is_seen_again(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.later(30).pause(until=seoul("2026-11-24T15:00"))
    story.at("2026-11-24T14:59")
    assert story.ticket.status == "pending"
    story.at("2026-11-24T15:00")
    assert story.ticket.status == "in_progress"
    story.pause()
    story.later(5).fire()
    assert story.ticket.status == "in_progress"
    assert story.cycles(Metric.RESOLVE)[-1].cycle.state == "running"
    assert story.differences() == []


def test_waiting_needs_a_reason_a_message_and_for_force_majeure_somebody_else(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    for asked in (
        waiting.Waiting("waiting_parts", "words"),
        waiting.Waiting("waiting_customer_info", " "),
        waiting.Waiting("force_majeure", "storm"),
        waiting.Waiting("force_majeure", "storm", approved_by="jh"),
        waiting.Waiting("waiting_customer_info", "words", until=story.now),
    ):
        with pytest.raises(TicketRefused):
            waiting.pause(story.store, story.number, asked, actor="jh", now=story.now)
    story.pause("force_majeure", approved="sy")
    assert story.ticket.status == "pending"


def test_a_breach_is_excused_and_stays_one(story: TicketStory) -> None:
    story.fire()
    with pytest.raises(TicketRefused):
        _excuse(story)
    story.at("2026-11-26T12:00")
    _excuse(story)
    with pytest.raises(TicketRefused):
        _excuse(story)
    [row] = story.rows(Metric.RESOLVE)
    assert (row.breached_at, row.excused_by, row.excuse) == (seoul("2026-11-25T09:30"), "sy", "flood")
    assert story.timeline()[-1] == "clock_excused"
    story.resolve()
    assert story.rows(Metric.RESOLVE)[0].breached_at == seoul("2026-11-25T09:30")


def _excuse(story: TicketStory) -> None:
    waiting.excuse(story.store, story.number, Metric.RESOLVE, 1, actor="sy", reason="flood", now=story.now)


def test_another_calendar_moves_open_clocks_only_and_says_so(story: TicketStory) -> None:
    story.fire()
    story.at("2026-11-24T10:20").resolve()
    stopped = story.rows()
    story.level = 2
    story.level = 3
    story.reopen()
    assert story.due(Metric.RESOLVE) == "2026-11-25T09:50"
    _import_with_holiday(story, "2026-11-25")
    assert passing.renew(story.store, story.now) == 1
    assert passing.renew(story.store, story.now) == 0
    assert story.due(Metric.RESOLVE) == "2026-11-26T09:50"
    assert story.rows()[: len(stopped)] == stopped
    assert story.timeline().count("clock_moved") == 2
    assert story.differences() == []


def test_another_plan_retargets_open_clocks(story: TicketStory) -> None:
    story.fire()
    plan = msgspec.structs.replace(DEFAULT_PLAN, level_3=Promise(resolve="3bd"))
    with story.store.writing() as connection:
        body = msgspec.json.encode(plan).decode()
        repository.add_plan(connection, "default", body, story.now, "jh")
    story.later(5)
    assert passing.renew(story.store, story.now) == 1
    assert passing.renew(story.store, story.now) == 0
    assert story.due(Metric.RESOLVE) == "2026-11-27T17:00"
    assert [row.state for row in story.rows(Metric.RESTORE)] == ["cancelled"]
    assert story.differences() == []


def test_the_site_names_its_calendar(story: TicketStory) -> None:
    with story.store.writing() as connection:
        connection.execute(update(site).values(calendar="cn"))
    story.at("2026-02-13T17:00").fire()  # 16:00 in Shanghai; Saturday is worked there
    assert story.due(Metric.RESOLVE) == "2026-02-14T16:30"


def test_the_comparison_finds_what_somebody_changed(story: TicketStory) -> None:
    story.fire()
    assert story.differences() == []
    with story.store.writing() as connection:
        connection.execute(update(clock).where(clock.c.metric == "restore").values(due_at=story.now))
    assert [(each.metric, each.column) for each in story.differences()] == [("restore", "due_at")]


def test_the_nightly_comparison_runs_once_a_night(story: TicketStory) -> None:
    story.fire()
    assert check_some(story.store, story.now) == 3
    assert check_some(story.store, story.now) == 0
    story.later(24 * 60 + 1)
    assert check_some(story.store, story.now) == 3


def test_a_calendar_that_ends_soon_opens_one_internal_ticket(story: TicketStory) -> None:
    def guard() -> int:
        return guard_coverage(story.store, story.codebook, story.rules, story.now, lambda: f"{story.now:%y%m%d}" * 4)

    with story.store.writing() as connection:
        connection.execute(update(site).values(calendar="cn"))
    story.at("2026-10-31T12:00")
    assert guard() == 0
    story.at("2026-11-02T12:00")
    assert guard() == 1
    assert guard() == 0
    assert (story.ticket.kind, story.ticket.code, story.ticket.site_id) == ("internal", "COL-CALENDAR", "collector")
    assert story.rows() == []  # nobody is promised anything about it
    story.at("2026-11-03T12:00")
    assert guard() == 0
    calendar = shipped("cn").calendar
    coverage = msgspec.structs.replace(calendar.coverage, until=calendar.coverage.until.replace(year=2027))
    with story.store.writing() as connection:
        add_calendar(connection, msgspec.structs.replace(calendar, version="2027", coverage=coverage), "jh", story.now)
    story.at("2026-11-04T12:00")
    assert guard() == 1
    story.later(24 * 60 + 1)
    assert story.ticket.status in {"recovered", "resolved"}


def _import_with_holiday(story: TicketStory, day: str) -> None:
    calendar = shipped("kr").calendar
    days = [*msgspec.to_builtins(calendar)["days"], {"date": day, "kind": "holiday"}]
    changed = msgspec.convert({**msgspec.to_builtins(calendar), "version": "x", "days": days}, type=type(calendar))
    with story.store.writing() as connection:
        add_calendar(connection, changed, "jh", story.now)


def test_a_merged_or_cancelled_ticket_has_no_clock_that_runs(story: TicketStory) -> None:
    story.fire()
    assert {row.state for row in story.rows()} == {"running"}
    from collector.tickets.model import ChangeKind, TicketChange
    from collector.tickets.timeline.writing import append

    with story.store.writing() as connection:
        connection.execute(update(ticket).values(status="cancelled"))
        append(connection, "seoul", [TicketChange(story.now, ChangeKind.CANCELLED, story.ticket.id)], actor="jh")
    assert {row.state for row in story.rows()} == {"cancelled"}
