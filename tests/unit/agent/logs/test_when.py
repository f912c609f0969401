from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.logs.when import LineClock, TimeRefused
from agent.settings.model import TimeRule
from wire.messages import TimeOrigin

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year to microsecond


TABLE: list[tuple[Any, str | None, str, datetime | None]] = [
    ("iso", "UTC", "2026-02-28T10:11:12Z x", utc(2026, 2, 28, 10, 11, 12)),
    ("iso", "Asia/Seoul", "2026-02-28 10:11:12,345 ERROR", utc(2026, 2, 28, 1, 11, 12, 345_000)),
    ("iso", "Asia/Seoul", "2026-02-28T10:11:12.123456789+02:00 x", utc(2026, 2, 28, 8, 11, 12, 123_456)),
    ("iso", None, "2026-02-28T10:11:12-0330", utc(2026, 2, 28, 13, 41, 12)),
    ("iso", "UTC", "2026-02-31 10:11:12", None),
    ("iso", "UTC", "2026-02-28 25:11:12", None),
    ("iso", "UTC", "no time", None),
    ("iso", "UTC", "2016-12-31T23:59:60Z", utc(2016, 12, 31, 23, 59, 59)),
    ("syslog", "UTC", "Mar  1 11:59:00 host app: x", utc(2026, 3, 1, 11, 59)),
    ("syslog", "UTC", "<34>Mar  1 11:59:00 host app: x", utc(2026, 3, 1, 11, 59)),
    ("syslog", "UTC", "Mar  1 12:00:30 host app: x", utc(2026, 3, 1, 12, 0, 30)),  # a relayed clock, a little ahead
    ("syslog", "UTC", "Mar  1 12:02:00 host app: x", utc(2025, 3, 1, 12, 2)),
    ("syslog", "UTC", "Dec 31 23:59:59 host app: x", utc(2025, 12, 31, 23, 59, 59)),
    ("syslog", "Asia/Seoul", "Mar  1 20:59:00 host", utc(2026, 3, 1, 11, 59)),
    ("syslog", "UTC", "Feb 29 10:00:00 host", utc(2024, 2, 29, 10)),
    ("syslog", "UTC", "Feb 30 10:00:00 host", None),
    ("syslog", "UTC", "Foo  1 10:00:00 host", None),
    ("syslog", "UTC", "2026-02-28T10:11:12.5+09:00 host", utc(2026, 2, 28, 1, 11, 12, 500_000)),
    ("nginx", "UTC", '1.2.3.4 - - [28/Feb/2026:10:11:12 +0900] "GET"', utc(2026, 2, 28, 1, 11, 12)),
    ("nginx", "Asia/Shanghai", "2026/02/28 10:11:12 [error] 1#1: x", utc(2026, 2, 28, 2, 11, 12)),
    ("postgresql", "Asia/Seoul", "2026-02-28 10:11:12.345 KST [7] FATAL:", utc(2026, 2, 28, 1, 11, 12, 345_000)),
    ("postgresql", "Asia/Seoul", "2026-02-28 10:11:12.345 UTC [7] FATAL:", utc(2026, 2, 28, 10, 11, 12, 345_000)),
    (None, "UTC", "2026-02-28T10:11:12Z", None),
    (
        TimeRule(regex=r"^\[(.*?)\]", format="%a %b %d %H:%M:%S %Y"),
        "Asia/Seoul",
        "[Sun Dec 04 04:47:44 2005] [error] x",
        utc(2005, 12, 3, 19, 47, 44),
    ),
    (
        TimeRule(regex=r"^\[([\d.]+ [\d:]+)\]", format="%m.%d %H:%M:%S"),
        "UTC",
        "[10.30 16:49:06] x",
        utc(2025, 10, 30, 16, 49, 6),
    ),
    (
        TimeRule(regex=r"^(\d+-[\d:]+)\|", format="%Y%m%d-%H:%M:%S:%f"),
        "UTC",
        "20171223-22:15:29:606|x",
        utc(2017, 12, 23, 22, 15, 29, 606_000),
    ),
    (TimeRule(regex=r"at (\S+)", format="%Y-%m-%dT%H:%M:%S%z"), "UTC", "at 2026-01-01T09:00:00+0900", utc(2026, 1, 1)),
    (TimeRule(regex=r"at (\S+)", format="%H:%M"), "UTC", "at noon", None),
]


@pytest.mark.parametrize(("setting", "zone", "line", "expected"), TABLE)
def test_the_time_of_a_line(setting: Any, zone: str | None, line: str, expected: datetime | None) -> None:
    read = LineClock(setting, zone).read(line, NOW)
    assert read == ((expected, TimeOrigin.LINE) if expected else (NOW, TimeOrigin.READ))
    assert read[0].tzinfo is UTC


def test_new_years_eve() -> None:
    clock = LineClock("syslog", "Asia/Seoul")
    new_year = datetime(2026, 12, 31, 15, 0, 5, tzinfo=UTC)  # 00:00:05 in Seoul
    assert clock.read("Jan  1 00:00:01 x", new_year)[0] == utc(2026, 12, 31, 15, 0, 1)
    assert clock.read("Dec 31 23:59:59 x", new_year)[0] == utc(2026, 12, 31, 14, 59, 59)


def test_without_a_zone_the_hosts_own_counts() -> None:
    local = datetime(2026, 2, 28, 10, 11, 12).astimezone()  # what is tested
    assert LineClock("iso").read("2026-02-28 10:11:12", NOW)[0] == local


@pytest.mark.parametrize(
    ("setting", "zone"),
    [
        ("iso", "Asia/Nowhere"),
        ("iso", "../etc/passwd"),
        (TimeRule(regex="(", format="%H"), None),
        (TimeRule(regex=r"\d+", format="%H"), None),
        (TimeRule(regex=r"(\d+) (\d+)", format="%H"), None),
        (TimeRule(regex=r"(\d+)", format="%Q"), None),
    ],
)
def test_what_cannot_be_used_is_refused(setting: Any, zone: str | None) -> None:
    with pytest.raises(TimeRefused):
        LineClock(setting, zone)
