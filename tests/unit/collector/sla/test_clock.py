"""The worked examples of the clock's semantics, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collector.sla.clock import (
    Basis,
    Pause,
    Target,
    TargetRefused,
    active_us,
    due_at,
    explain,
    merged,
    read_target,
    warned_at,
)
from collector.sla.shelf import shipped
from collector.sla.working_time import SECOND

ZONES = {"kr": ZoneInfo("Asia/Seoul"), "cn": ZoneInfo("Asia/Shanghai")}


def at(text: str, calendar: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONES[calendar])


@pytest.mark.parametrize(
    ("calendar", "start", "target", "due"),
    [
        ("kr", "2026-11-24T10:00", "1h", "2026-11-24T11:00"),
        ("kr", "2026-11-24T10:00", "8h", "2026-11-25T09:30"),
        ("kr", "2026-11-20T16:45", "1h", "2026-11-23T09:15"),
        ("kr", "2026-02-13T16:00", "8h", "2026-02-19T15:30"),
        ("cn", "2026-02-13T16:00", "8h", "2026-02-14T15:30"),
        ("kr", "2026-02-12T10:00", "3bd", "2026-02-20T17:00"),
        ("kr", "2026-02-12T10:00", "3bd-span", "2026-02-20T10:00"),
        ("cn", "2026-02-12T10:00", "3bd", "2026-02-24T17:00"),
        ("cn", "2026-02-12T10:00", "3bd-span", "2026-02-24T10:00"),
        ("kr", "2026-11-26T09:00", "8h", "2026-11-26T17:00"),
        ("cn", "2026-11-24T16:30", "1h", "2026-11-25T09:00"),
        ("kr", "2026-02-14T23:30", "2h-elapsed", "2026-02-15T01:30"),
        ("kr", "2026-02-14T23:30", "12h-elapsed", "2026-02-15T11:30"),
        ("kr", "2026-02-14T23:30", "48h-elapsed", "2026-02-16T23:30"),
        ("kr", "2026-02-13T15:00", "5bd", "2026-02-25T17:00"),
        ("cn", "2026-02-13T15:00", "5bd", "2026-02-27T17:00"),
        ("kr", "2027-02-05T16:00", "8h", "2027-02-10T15:30"),
        ("kr", "2026-11-24T17:00", "0.25h", "2026-11-25T08:45"),  # closing time belongs to the next opening
        ("kr", "2026-11-24T16:59", "1bd", "2026-11-25T17:00"),
        ("kr", "2026-11-24T17:00", "1bd", "2026-11-26T17:00"),
        ("kr", "2026-11-24T08:00", "1bd", "2026-11-25T17:00"),
    ],
)
def test_worked_examples(calendar: str, start: str, target: str, due: str) -> None:
    found = due_at(shipped(calendar), at(start, calendar), read_target(target))
    assert found.due == at(due, calendar)
    assert not found.is_provisional


def test_a_pause_over_the_new_year_counts_working_time_only() -> None:
    pause = Pause(at("2026-02-12T16:00", "kr"), at("2026-02-19T09:00", "kr"))
    found = due_at(shipped("kr"), at("2026-02-12T14:00", "kr"), read_target("8h"), [pause])
    assert found.due == at("2026-02-19T15:00", "kr")


def test_what_is_not_published_yet_is_provisional() -> None:
    assert due_at(shipped("cn"), at("2027-02-05T16:00", "cn"), read_target("8h")).is_provisional
    assert due_at(shipped("cn"), at("2026-12-31T16:30", "cn"), read_target("1h")).is_provisional
    assert not due_at(shipped("cn"), at("2026-12-31T16:00", "cn"), read_target("1h")).is_provisional
    assert not due_at(shipped("cn"), at("2027-02-05T16:00", "cn"), read_target("8h-elapsed")).is_provisional


def test_warnings_are_percentages_of_working_time() -> None:
    found = warned_at(shipped("kr"), at("2026-11-24T10:00", "kr"), read_target("8h"))
    expected = ["2026-11-24T14:00", "2026-11-24T16:00", "2026-11-25T08:42", "2026-11-25T09:30"]
    assert found == list(zip([50, 75, 90, 100], [at(text, "kr") for text in expected], strict=True))


def test_a_pause_without_an_end_leaves_nothing_due() -> None:
    start = at("2026-11-24T10:00", "kr")
    found = due_at(shipped("kr"), start, read_target("8h"), [Pause(start + timedelta(hours=1))])
    assert found.due is None
    assert not found.is_provisional
    late = due_at(shipped("kr"), start, read_target("1h"), [Pause(start + timedelta(hours=1))])
    assert late.due == start + timedelta(hours=1)  # used up the moment the pause begins


def test_overlapping_pauses_count_once() -> None:
    start = at("2026-11-24T10:00", "kr")
    hour = timedelta(hours=1)
    twice = [Pause(start + hour, start + 3 * hour), Pause(start + 2 * hour, start + 3 * hour)]
    once = [Pause(start + hour, start + 3 * hour)]
    assert merged(twice) == once
    target = read_target("4h")
    assert due_at(shipped("kr"), start, target, twice) == due_at(shipped("kr"), start, target, once)


def test_a_pause_without_an_end_swallows_what_follows() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert merged([Pause(start), Pause(start + hour, start + 2 * hour)]) == [Pause(start)]
    assert merged([Pause(start, start)]) == []


def test_explanation_names_the_days_in_between() -> None:
    start, due = at("2026-02-13T16:00", "cn"), at("2026-02-14T15:30", "cn")
    found = explain(shipped("cn"), start, due, Basis.BUSINESS)
    assert [each.seconds / 3_600 for each in found.counted] == [1, 7]
    assert [(str(day.date), day.kind, day.is_confirmed) for day in found.days] == [("2026-02-14", "working", True)]
    assert not found.is_cut


def test_explanation_of_elapsed_time_is_one_stretch_around_its_pauses() -> None:
    start = at("2026-02-13T16:00", "kr")
    hour = timedelta(hours=1)
    pause = Pause(start + hour, start + 2 * hour)
    found = explain(shipped("kr"), start, start + 5 * hour, Basis.ELAPSED, [pause])
    assert [each.seconds for each in found.counted] == [3_600, 3 * 3_600]
    assert found.pauses == [pause]
    assert found.days == []


def test_active_time_of_nothing_is_nothing() -> None:
    start = at("2026-11-24T10:00", "kr")
    assert active_us(shipped("kr"), start, start, Basis.BUSINESS) == 0
    assert active_us(shipped("kr"), start, start + timedelta(hours=1), Basis.BUSINESS) == 3_600 * SECOND


@pytest.mark.parametrize(
    "text", ["", "8", "h", "-1h", "0h", "1.5bd", "0bd", "1001bd", "999999h", "0.0000000001h", "8 h", "8H", "1e3h", "٣h"]
)
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(TargetRefused):
        read_target(text)


@pytest.mark.parametrize("text", ["8h", "0.25h", "0.3333333h", "12h-elapsed", "3bd", "3bd-span", "43920h"])
def test_a_target_reads_as_it_is_written(text: str) -> None:
    assert str(read_target(text)) == text


def test_a_third_of_an_hour_is_due_to_the_microsecond() -> None:
    start = at("2026-11-24T10:00", "kr")
    assert due_at(shipped("kr"), start, read_target("0.333333333333333333h")).due == start + timedelta(minutes=20)


def test_a_target_of_whole_days_in_hours_keeps_its_digits() -> None:
    assert str(Target(Basis.BUSINESS, 100 * 3_600 * SECOND)) == "100h"
