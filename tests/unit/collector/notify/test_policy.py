"""Waits, verdicts, budgets, quiet hours: both sides of every edge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.notify import policy
from collector.notify.model import Quiet, Recipient
from collector.notify.policy import (
    WAITS_S,
    after_quiet,
    event_of,
    is_page_now,
    is_quiet,
    pause_asked,
    verdict_of,
    wait_s,
    wants,
    week_of,
)
from collector.notify.port import Outcome, Verdict
from collector.notify.state import MessageEvent
from collector.tickets.desk.model import NoticeKind

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (199, Verdict.REFUSED),
        (200, Verdict.DELIVERED),
        (299, Verdict.DELIVERED),
        (300, Verdict.REFUSED),
        (301, Verdict.REFUSED),
        (399, Verdict.REFUSED),
        (400, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (408, Verdict.AGAIN),
        (410, Verdict.GONE),
        (425, Verdict.AGAIN),
        (429, Verdict.AGAIN),
        (499, Verdict.REFUSED),
        (500, Verdict.AGAIN),
        (599, Verdict.AGAIN),
        (600, Verdict.REFUSED),
    ],
)
def test_what_a_status_means(status: int, verdict: Verdict) -> None:
    assert verdict_of(status) is verdict


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("0", 0.0),
        ("120", 120.0),
        ("9" * 400, policy.WAIT_MAX_S),
        ("٣", None),
        ("Tue, 24 Nov 2026 01:02:00 GMT", 120.0),
        ("Tue, 24 Nov 2026 00:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2099 00:00:00 GMT", policy.WAIT_MAX_S),
        ("Tue, 24 Nov 2026 01:02:00", None),
    ],
)
def test_how_long_a_receiver_asks_us_to_wait(value: str | None, seconds: float | None) -> None:
    assert pause_asked(value, NOW) == seconds


def test_waits_grow_from_5_seconds_to_a_day() -> None:
    middle = [wait_s(attempts, None, lambda: 0.5) for attempts in range(len(WAITS_S))]
    assert middle == sorted(middle)
    assert (middle[0], middle[-1]) == (5.0, 86_400.0)
    assert wait_s(0, None, lambda: 0.0) == 4.0
    assert wait_s(0, None, lambda: 1.0) == pytest.approx(6.0)


def test_a_wish_to_wait_is_heard_but_not_for_ever() -> None:
    assert wait_s(0, 120.0, lambda: 0.5) == 120.0
    assert wait_s(0, 1.0, lambda: 0.5) == 5.0
    assert wait_s(0, 1e9, lambda: 0.5) <= 1.2 * policy.WAIT_MAX_S


@pytest.mark.parametrize(
    ("verdict", "attempts", "event"),
    [
        (Verdict.DELIVERED, 0, MessageEvent.DELIVER),
        (Verdict.DELIVERED, 99, MessageEvent.DELIVER),
        (Verdict.REFUSED, 0, MessageEvent.REFUSE),
        (Verdict.GONE, 0, MessageEvent.REFUSE),
        (Verdict.AGAIN, 0, MessageEvent.AGAIN),
        (Verdict.AGAIN, len(WAITS_S) - 1, MessageEvent.AGAIN),
        (Verdict.AGAIN, len(WAITS_S), MessageEvent.GIVE_UP),
    ],
)
def test_what_an_outcome_does(verdict: Verdict, attempts: int, event: MessageEvent) -> None:
    assert event_of(Outcome(verdict, ""), attempts) is event


@pytest.mark.parametrize(
    ("recent", "is_first", "is_now"), [(0, False, True), (9, False, True), (10, False, False), (10, True, True)]
)
def test_the_budget_of_pages(recent: int, is_first: bool, is_now: bool) -> None:
    assert is_page_now(recent=recent, is_first=is_first, limit=10) is is_now


@pytest.mark.parametrize(
    ("quiet", "local", "is_so"),
    [
        (None, "03:00", False),
        (("22:00", "07:00"), "21:59", False),
        (("22:00", "07:00"), "22:00", True),
        (("22:00", "07:00"), "06:59", True),
        (("22:00", "07:00"), "07:00", False),
        (("12:00", "13:00"), "11:59", False),
        (("12:00", "13:00"), "12:59", True),
        (("12:00", "13:00"), "13:00", False),
        (("12:00", "12:00"), "12:00", False),
    ],
)
def test_quiet_hours(quiet: tuple[str, str] | None, local: str, is_so: bool) -> None:
    hour, minute = map(int, local.split(":"))
    at = datetime(2026, 11, 24, hour, minute, tzinfo=UTC) - timedelta(hours=9)
    assert is_quiet(None if quiet is None else Quiet(*quiet), "Asia/Seoul", at) is is_so


def someone(*kinds: NoticeKind, level: int = 4, sites: tuple[str, ...] = ()) -> Recipient:
    return Recipient(1, "kim", "k@x.example", "en", kinds, level, sites, "UTC", None, NOW)


@pytest.mark.parametrize(
    ("recipient", "kind", "site", "level", "is_told"),
    [
        (someone(NoticeKind.PAGE), "page", "seoul", 4, True),
        (someone(NoticeKind.PAGE), "digest", "seoul", 4, False),
        (someone(NoticeKind.PAGE, level=2), "page", "seoul", 2, True),
        (someone(NoticeKind.PAGE, level=2), "page", "seoul", 3, False),
        (someone(NoticeKind.PAGE, level=2), "page", None, None, True),
        (someone(NoticeKind.PAGE, sites=("seoul",)), "page", "seoul", 1, True),
        (someone(NoticeKind.PAGE, sites=("seoul",)), "page", "busan", 1, False),
        (someone(NoticeKind.PAGE, sites=("seoul",)), "page", None, None, False),
        (someone(NoticeKind.CUSTOMER, sites=("seoul",)), "customer", "seoul", 1, True),
        (someone(NoticeKind.CUSTOMER), "customer", "seoul", 1, False),
    ],
)
def test_who_is_told(recipient: Recipient, kind: str, site: str | None, level: int | None, is_told: bool) -> None:
    assert wants(recipient, kind, site_id=site, level=level) is is_told


def test_a_zone_that_is_not_known_is_utc() -> None:
    assert policy.zone_of("Mars/Olympus").key == "UTC"
    assert policy.zone_of("../../etc/passwd").key == "UTC"


def test_a_lease_outlasts_every_try() -> None:
    from collector.notify import calling, mail

    assert policy.lease_end(NOW) - NOW == timedelta(seconds=policy.LEASE_S)
    assert policy.LEASE_S > calling.WHOLE_S + calling.STEP_S
    assert policy.LEASE_S > mail.WHOLE_S + mail.STEP_S


def test_an_address_in_trouble_is_spared_for_a_minute_at_most() -> None:
    assert (policy.hold_s(5), policy.hold_s(86_400)) == (5, 60)


@pytest.mark.parametrize(
    ("hours", "ends"),
    [
        (None, "01:00"),
        (Quiet("22:00", "07:00"), "01:00"),  # 10:00 in Seoul
        (Quiet("09:00", "10:00"), "01:00"),
        (Quiet("09:00", "10:01"), "01:01"),
        (Quiet("22:00", "12:30"), "03:30"),
        (Quiet("10:00", "00:15"), "15:15"),
        (Quiet("10:00", "09:59"), "00:59"),  # on the next day
    ],
)
def test_when_quiet_hours_are_over(hours: Quiet | None, ends: str) -> None:
    found = after_quiet(hours, "Asia/Seoul", NOW)
    assert f"{found:%H:%M}" == ends
    assert NOW <= found < NOW + timedelta(days=1)
    assert not is_quiet(hours, "Asia/Seoul", found)


def test_a_week_begins_on_monday_at_midnight_utc() -> None:
    monday = datetime(2026, 11, 30, tzinfo=UTC)
    assert week_of(monday) == week_of(monday + timedelta(days=7, microseconds=-1)) == "2026-W49"
    assert week_of(monday - timedelta(microseconds=1)) == "2026-W48"
