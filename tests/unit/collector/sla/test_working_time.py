"""Sums over working periods: summer time, midnight, half-open ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collector.sla.calendar import Calendar, read_calendar
from collector.sla.shelf import shipped
from collector.sla.working_time import SECOND, OutOfReach, WorkingTime, instant, micros


def calendar_in(zone: str, hours: str, days: str = "") -> Calendar:
    return read_calendar(
        f"calendar: x\nversion: '1'\nzone: {zone}\ntitle: {{en: X}}\n"
        f"week: {{monday: ['{hours}'], sunday: ['{hours}']}}\n"
        f"coverage: {{since: '2020-01-01', until: '2030-12-31'}}\n{days}"
    )


def test_micros_and_instant_are_inverse() -> None:
    at = datetime(2026, 11, 24, 1, 2, 3, 456_789, tzinfo=UTC)
    assert instant(micros(at)) == at


def test_an_hour_lost_to_summer_time_is_not_worked() -> None:
    working = WorkingTime(calendar_in("Europe/Berlin", "00:00-06:00"))
    zone = ZoneInfo("Europe/Berlin")
    spring = datetime(2026, 3, 29, tzinfo=zone)  # Sunday: 02:00 becomes 03:00
    autumn = datetime(2026, 10, 25, tzinfo=zone)  # Sunday: 03:00 becomes 02:00
    assert working.active(spring, spring.replace(hour=12)) == 5 * 3_600 * SECOND
    assert working.active(autumn, autumn.replace(hour=12)) == 7 * 3_600 * SECOND


def test_closing_time_belongs_to_the_next_opening() -> None:
    working = shipped("kr")
    closing = datetime(2026, 11, 20, 17, tzinfo=working.zone)
    assert working.opening(closing) == datetime(2026, 11, 23, 8, 30, tzinfo=working.zone)
    before = closing - timedelta(microseconds=1)
    assert working.opening(before) == before


def test_work_until_midnight_meets_the_next_day() -> None:
    working = shipped("24x7")
    start = datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert working.active(start, start + timedelta(hours=2)) == 2 * 3_600 * SECOND
    assert working.reach(start, 2 * 3_600 * SECOND) == start + timedelta(hours=2)


def test_reaching_nothing_is_now() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert shipped("kr").reach(at, 0) == at


def test_a_special_day_has_its_own_hours() -> None:
    working = WorkingTime(
        calendar_in("UTC", "08:00-16:00", "days: [{date: '2026-11-24', kind: special, hours: ['09:00-10:00']}]\n")
    )
    assert working.is_worked(date(2026, 11, 24))
    day = datetime(2026, 11, 24, tzinfo=UTC)
    assert working.active(day, day + timedelta(days=1)) == 3_600 * SECOND


def test_a_provisional_day_is_not_confirmed() -> None:
    working = WorkingTime(
        calendar_in("UTC", "08:00-16:00", "days: [{date: '2026-11-24', kind: holiday, status: provisional}]\n")
    )
    day = datetime(2026, 11, 23, tzinfo=UTC)
    assert working.is_confirmed(day, day + timedelta(hours=20))
    assert not working.is_confirmed(day, day + timedelta(days=1))


@pytest.mark.parametrize("year", [1900, 2300])
def test_years_beyond_ours_are_out_of_reach(year: int) -> None:
    with pytest.raises(OutOfReach):
        shipped("kr").opening(datetime(year, 1, 1, tzinfo=UTC))


def test_what_would_take_decades_is_out_of_reach() -> None:
    with pytest.raises(OutOfReach):
        shipped("kr").reach(datetime(2026, 1, 1, tzinfo=UTC), 200_000 * 3_600 * SECOND)
