from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediation.backup.model import Snapshot
from remediation.backup.policy_file import RetentionRule
from remediation.backup.retention import plan_retention, suspicions

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RULE = RetentionRule(last=2, daily=3, weekly=2, monthly=2, yearly=1)


def snapshot(arrived: datetime, name: str = "", **other: object) -> Snapshot:
    found = Snapshot(name or arrived.isoformat(), arrived, "h", ("/srv",), arrived_at=arrived, size_bytes=10_000_000)
    return replace(found, **other)  # type: ignore[arg-type]


DAILY = [snapshot(NOW - timedelta(days=days)) for days in range(400, -1, -1)]


def test_each_rule_keeps_the_newest_of_its_periods() -> None:
    plan = plan_retention(RULE, DAILY, "UTC")
    kept = {str(each.snapshot.at.date()): each.reasons for each in plan.kept}
    assert kept == {
        "2026-10-31": ("monthly",),
        "2026-11-22": ("daily", "weekly"),
        "2026-11-23": ("last", "daily"),
        "2026-11-24": ("last", "daily", "weekly", "monthly", "yearly"),
    }
    assert len(plan.kept) + len(plan.removed) == len(DAILY)


def test_a_host_that_was_off_loses_nothing() -> None:
    old = [snapshot(NOW - timedelta(days=days)) for days in (300, 200, 100)]
    assert plan_retention(RetentionRule(last=0, daily=3, weekly=0, monthly=0, yearly=0), old, "UTC").removed == ()


def test_forged_times_push_nothing_out() -> None:
    """A thief claims a hundred old and future days within one hour; by arrival, it is one day."""
    forged = [snapshot(NOW + timedelta(seconds=n), f"x{n}", at=NOW + timedelta(days=n - 50)) for n in range(100)]
    real = DAILY[-20:-1]
    before = {each.snapshot.id for each in plan_retention(RULE, real, "UTC").kept if "last" not in each.reasons}
    after = {each.snapshot.id for each in plan_retention(RULE, [*real, *forged], "UTC").kept}
    assert len(before - after) <= 1, "one day moves on, as with an honest backup of today"
    assert any(found.code == "forged_time" for found in suspicions(RULE, [*real, *forged], proven_at=NOW, now=NOW))


def test_what_does_not_say_when_it_arrived_stays() -> None:
    unknown = [replace(each, arrived_at=None) for each in DAILY]
    assert plan_retention(RULE, unknown, "UTC").removed == ()
    assert [found.code for found in suspicions(RULE, unknown, proven_at=NOW, now=NOW)] == ["unknown_arrival"]


def _codes(snapshots: list[Snapshot], proven_at: datetime | None = NOW) -> list[str]:
    return [found.code for found in suspicions(RULE, snapshots, proven_at=proven_at, now=NOW)]


@pytest.mark.parametrize(
    ("last", "codes"),
    [
        (snapshot(NOW), []),
        (snapshot(NOW, size_bytes=4_000_000), ["shrunk"]),
        (snapshot(NOW, size_bytes=5_000_000), []),
        (snapshot(NOW, at=NOW + timedelta(hours=1)), ["future"]),
        (snapshot(NOW, at=NOW - timedelta(hours=27)), ["forged_time", "out_of_order"]),
        (snapshot(NOW, at=NOW - timedelta(hours=25)), ["out_of_order"]),
    ],
)
def test_what_looks_wrong_is_named(last: Snapshot, codes: list[str]) -> None:
    assert _codes([*DAILY[-5:-1], last]) == codes


def test_without_a_fresh_proof_nothing_goes() -> None:
    assert _codes(DAILY[-5:], None) == ["no_proof"]
    assert _codes(DAILY[-5:], NOW - timedelta(days=41)) == ["old_proof"]
    assert _codes(DAILY[-5:], NOW - timedelta(days=39)) == []


def test_a_period_ends_at_midnight_of_the_zone() -> None:
    late, early = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (14, 16))  # 23:00 and 01:00 in Seoul
    rule = RetentionRule(last=0, daily=2, weekly=0, monthly=0, yearly=0)
    assert plan_retention(rule, [snapshot(late), snapshot(early)], "Asia/Seoul").removed == ()
    assert len(plan_retention(rule, [snapshot(late), snapshot(early)], "UTC").removed) == 1


COUNTS = st.integers(0, 4)


@given(
    st.lists(st.integers(0, 20_000), max_size=60, unique=True),
    st.builds(RetentionRule, last=COUNTS, daily=COUNTS, weekly=COUNTS, monthly=COUNTS, yearly=COUNTS),
)
def test_every_snapshot_has_one_fate_and_a_second_look_changes_nothing(hours: list[int], rule: RetentionRule) -> None:
    snapshots = [snapshot(NOW - timedelta(hours=number)) for number in hours]
    plan = plan_retention(rule, snapshots, "Asia/Seoul")
    kept = [each.snapshot for each in plan.kept]
    assert sorted(each.id for each in [*kept, *plan.removed]) == sorted(each.id for each in snapshots)
    assert len(kept) <= rule.last + rule.daily + rule.weekly + rule.monthly + rule.yearly
    assert plan_retention(rule, kept, "Asia/Seoul").removed == ()
    if snapshots and rule != RetentionRule(last=0, daily=0, weekly=0, monthly=0, yearly=0):
        assert max(snapshots, key=lambda each: each.at) in kept
