"""The questions that the policy answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from remediation.trust.policy import (
    Means,
    Wish,
    count_needed,
    file_keys,
    find_credential,
    is_inside,
    is_open,
    may_approve,
    rule_id,
    rules_in_advance,
    unreachable_risks,
)
from remediation.trust.policy_file import Window
from tests.fakes.authenticator import Authenticator
from tests.fakes.customer import NOW, a_policy, an_approver, new_key
from wire.keys import key_id, public_bytes

KEY = new_key()
WISH = Wish("shop", "restart-service", "low", {"service": "web"})
SEOUL, NEW_YORK, LONDON = "Asia/Seoul", "America/New_York", "Europe/London"


def test_keys_and_passkeys_lead_to_their_person() -> None:
    passkey = Authenticator()
    policy = a_policy(an_approver("Kim", KEY), an_approver("Lee", passkey=passkey))
    assert file_keys(policy)[key_id(public_bytes(KEY))][0].name == "Kim"
    found = find_credential(policy, passkey.credential_id)
    assert found is not None
    assert (found[0].name, found[1].origin) == ("Lee", passkey.origin)
    assert find_credential(policy, b"other") is None


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"actions": ["shop/*"]}, True),
        ({"actions": ["shop/restart-service"]}, True),
        ({"actions": ["shop/other", "other/restart-service", "other/*"]}, False),
        ({"actions": []}, False),
        ({"risks": ["medium"]}, False),
        ({"risks": []}, False),
    ],
)
def test_what_a_person_may_approve(change: dict[str, Any], fits: bool) -> None:
    policy = a_policy(an_approver("Kim", KEY, **change))
    assert may_approve(policy, policy.approvers[0], Means.KEY, WISH) is fits


def test_another_kind_is_not_approved_with_actions() -> None:
    policy = a_policy(an_approver("Kim", KEY), passkey_may_approve_actions=True)
    shell = Wish("shop", "restart-service", "low", {}, kind="shell")
    assert not any(may_approve(policy, policy.approvers[0], means, shell) for means in Means)


def test_a_passkey_approves_actions_only_where_the_policy_says_so() -> None:
    shut, opened = (a_policy(an_approver("Kim", KEY), passkey_may_approve_actions=value) for value in (False, True))
    assert not may_approve(shut, shut.approvers[0], Means.PASSKEY, WISH)
    assert may_approve(opened, opened.approvers[0], Means.PASSKEY, WISH)
    assert may_approve(shut, shut.approvers[0], Means.KEY, WISH)


def test_how_many_are_needed_and_whether_there_are_so_many() -> None:
    policy = a_policy(an_approver("Kim", KEY), an_approver("Lee", new_key(), risks=["low"]), needed={"medium": 3})
    assert [count_needed(policy, risk) for risk in ("low", "medium", "high")] == [1, 3, 2]
    assert unreachable_risks(policy) == ["medium", "high"]


RULE = {"product": "shop", "action": "restart-service", "parameters": {"service": "web"}, "per_day": 2}


@pytest.mark.parametrize(
    ("wish", "count"),
    [
        (WISH, 1),
        (Wish("shop", "restart-service", "medium", {"service": "web"}), 0),
        (Wish("shop", "restart-service", "low", {"service": "db"}), 0),
        (Wish("shop", "restart-service", "low", {}), 0),
        (Wish("shop", "restart-service", "low", {"service": "web", "more": ""}), 0),
        (Wish("shop", "other", "low", {"service": "web"}), 0),
        (Wish("other", "restart-service", "low", {"service": "web"}), 0),
    ],
)
def test_in_advance_is_for_exactly_what_was_written(wish: Wish, count: int) -> None:
    assert len(rules_in_advance(a_policy(in_advance=[RULE]), wish)) == count
    assert len(rules_in_advance(a_policy(in_advance=[RULE | {"up_to_risk": "medium"}]), WISH)) == 1


def test_a_day_is_the_policys_own() -> None:
    policy = a_policy(in_advance=[RULE])
    rule = policy.in_advance[0]
    midnight = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # in Seoul
    ids = [rule_id(policy, rule, midnight + timedelta(seconds=by)) for by in (-1, 0, 86_399, 86_400)]
    assert ids[1] == ids[2]
    assert len(set(ids)) == 3
    assert rule_id(policy, replace(rule, parameters={"service": "db"}), midnight) != ids[1]
    assert rule_id(policy, replace(rule, per_day=9), midnight) == ids[1]


def _window(start: str, end: str, zone: str = SEOUL, days: tuple[str, ...] = ("mon",)) -> Window:
    listed: Any = list(days)
    return Window(name="w", days=listed, start=start, end=end, zone=zone)


def _at(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "end", "at", "inside"),
    [  # 2026-11-23 is a Monday
        ("09:00", "17:00", "2026-11-23 08:59:59", False),
        ("09:00", "17:00", "2026-11-23 09:00", True),
        ("09:00", "17:00", "2026-11-23 16:59:59", True),
        ("09:00", "17:00", "2026-11-23 17:00", False),
        ("09:00", "17:00", "2026-11-24 10:00", False),
        ("22:00", "04:00", "2026-11-23 21:59:59", False),
        ("22:00", "04:00", "2026-11-23 23:00", True),
        ("22:00", "04:00", "2026-11-24 03:59:59", True),
        ("22:00", "04:00", "2026-11-24 04:00", False),
        ("22:00", "04:00", "2026-11-23 03:00", False),
        ("00:00", "24:00", "2026-11-23 00:00", True),
        ("00:00", "24:00", "2026-11-23 23:59:59", True),
        ("00:00", "24:00", "2026-11-24 00:00", False),
        ("22:00", "24:00", "2026-11-23 23:00", True),
    ],
)
def test_windows(start: str, end: str, at: str, inside: bool) -> None:
    assert is_inside(_window(start, end), _at(at, SEOUL)) is inside


@pytest.mark.parametrize(
    ("start", "end", "at", "fold", "inside"),
    [  # New York 2026: 8 March 02:00 becomes 03:00; 1 November 02:00 becomes 01:00. Both are Sundays.
        ("02:30", "03:30", "2026-03-08 03:10", 0, True),
        ("02:30", "03:30", "2026-03-08 01:59", 0, False),
        ("02:30", "03:30", "2026-03-08 03:30", 0, False),
        ("01:30", "02:15", "2026-03-08 03:00", 0, False),
        ("01:30", "02:15", "2026-03-08 01:45", 0, True),
        ("01:00", "01:30", "2026-11-01 01:10", 0, True),
        ("01:00", "01:30", "2026-11-01 01:10", 1, False),
        ("01:00", "02:00", "2026-11-01 01:10", 1, True),
        ("01:30", "03:00", "2026-11-01 01:10", 1, True),
        ("01:30", "03:00", "2026-11-01 01:10", 0, False),
    ],
)
def test_windows_where_clocks_change(start: str, end: str, at: str, fold: int, inside: bool) -> None:
    window = _window(start, end, NEW_YORK, ("sun",))
    assert is_inside(window, _at(at, NEW_YORK, fold)) is inside


CLOCKS = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")


@given(st.sampled_from([NEW_YORK, LONDON, SEOUL, "Australia/Lord_Howe"]), CLOCKS, CLOCKS, st.integers(0, 365))
def test_a_window_opens_at_most_once_for_its_day(zone: str, start: str, end: str, day: int) -> None:
    if start == end:
        return
    morning = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    name = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[morning.astimezone(ZoneInfo(zone)).weekday()]
    window = _window(start, end, zone, (name,))
    open_at = [is_inside(window, morning + timedelta(minutes=15 * at)) for at in range(-3 * 96, 3 * 96)]
    openings = sum(after and not before for before, after in pairwise(open_at))
    assert openings <= 1
    assert sum(open_at) <= 25 * 4


def test_open_windows_by_name() -> None:
    noon = {"name": "noon", "days": ["tue"], "from": "12:00", "to": "13:00", "zone": SEOUL}
    policy = a_policy(windows=[noon, noon | {"name": "night", "from": "00:00", "to": "01:00"}])
    assert is_open(policy, [], NOW)
    assert is_open(policy, ["noon", "night"], NOW)
    assert not is_open(policy, ["night"], NOW)
    assert not is_open(policy, ["gone"], NOW)
