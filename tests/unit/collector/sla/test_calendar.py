"""Calendar files: what is read, and what is refused with its place."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest

from collector.sla.calendar import read_calendar
from collector.sla.shelf import PACKS, shipped
from wire.errors import TextRefused

GOOD = """calendar: x
version: '1'
zone: Asia/Seoul
title: {en: X}
week: {monday: ['08:30-12:00', '13:00-17:00']}
coverage: {since: '2026-01-01', until: '2026-12-31'}
days:
  - {date: '2026-02-16', kind: holiday, name: {en: Day off}}
"""


def test_a_calendar_is_read() -> None:
    calendar = read_calendar(GOOD)
    assert calendar.nominal_day_s == 7.5 * 3_600
    assert calendar.days[0].date == date(2026, 2, 16)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("Asia/Seoul", "Asia/Soul", 3, "time zone"),
        ("Asia/Seoul", "../etc/passwd", 3, "time zone"),
        ("'13:00-17:00'", "'11:00-17:00'", 5, "overlap"),
        ("'13:00-17:00'", "'17:00-13:00'", 5, "overlap"),
        ("'13:00-17:00'", "'13:00-25:00'", 5, "not allowed there"),
        ("monday: ['08:30-12:00', '13:00-17:00']", "", 5, "no weekday"),
        ("since: '2026-01-01'", "since: '2027-01-01'", 6, "before it begins"),
        ("kind: holiday", "kind: special", 8, "names its working hours"),
        ("kind: holiday", "kind: holiday, hours: ['09:00-10:00']", 8, "say special"),
        ("kind: holiday", "kind: festival", 8, "festival"),
        ("2026-02-16", "2026-02-30", 8, "date"),
        ("version: '1'", "version: '1'\nholidays: []", 3, "holidays"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, line: int, words: str) -> None:
    with pytest.raises(TextRefused) as refused:
        read_calendar(GOOD.replace(old, new))
    assert [fault.line for fault in refused.value.faults] == [line]
    assert words in str(refused.value.faults[0].problem)


def test_a_day_stands_there_once() -> None:
    with pytest.raises(TextRefused, match="twice"):
        read_calendar(GOOD + "  - {date: '2026-02-16', kind: working}\n")


@pytest.mark.parametrize("name", PACKS)
def test_shipped_calendars_are_sound(name: str) -> None:
    calendar = shipped(name).calendar
    assert calendar.calendar == name
    assert [day.date for day in calendar.days] == sorted(day.date for day in calendar.days)
    beyond = [day for day in calendar.days if day.date > calendar.coverage.until]
    assert all(day.status == "provisional" for day in beyond)


def test_the_chinese_calendar_agrees_with_a_second_source_on_every_published_day() -> None:
    working = shipped("cn")
    coverage = working.calendar.coverage
    days = [coverage.since + timedelta(days=at) for at in range((coverage.until - coverage.since).days + 1)]
    assert [day for day in days if working.is_worked(day) != chinese_calendar.is_workday(day)] == []
    assert len(days) > 3_000
