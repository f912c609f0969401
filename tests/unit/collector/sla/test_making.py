"""Calendars from the library of holidays."""

from __future__ import annotations

from datetime import date

import pytest

from collector.sla.calendar import DayKind, DayStatus, read_calendar
from collector.sla.making import NoSuchCountry, calendar_yaml, make_calendar
from collector.sla.shelf import shipped


def made(country: str, zone: str) -> str:
    return calendar_yaml(
        make_calendar(
            country,
            zone=zone,
            hours="09:00-18:00",
            years=range(2026, 2028),
            confirmed_until=date(2026, 12, 31),
            version="1",
        )
    )


def test_a_calendar_that_is_made_can_be_read() -> None:
    calendar = read_calendar(made("JP", "Asia/Tokyo"))
    assert calendar.calendar == "jp"
    beyond = [day.status for day in calendar.days if day.date.year == 2027]
    assert set(beyond) == {DayStatus.PROVISIONAL}


def test_make_up_days_of_china_are_worked() -> None:
    days = {day.date: day for day in read_calendar(made("CN", "Asia/Shanghai")).days}
    assert days[date(2026, 2, 14)].kind is DayKind.WORKING


def test_the_shipped_calendar_of_korea_is_what_the_library_says() -> None:
    days = {day.date for day in read_calendar(made("KR", "Asia/Seoul")).days}
    assert days == {day.date for day in shipped("kr").calendar.days if day.date.year in {2026, 2027}}


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(NoSuchCountry):
        made("XX", "UTC")
