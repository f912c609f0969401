from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest

from remediation.backup.plan import (
    DRILL_RETRY,
    Drilled,
    History,
    Why,
    backup_due,
    drills_due,
    in_window,
    newest_proof,
    next_part,
    overdue_at,
    proof_overdue_at,
    slots_before,
)
from remediation.backup.policy_file import (
    BackupPolicy,
    DrillRule,
    ProvingRule,
    ScheduleRule,
    TargetRule,
    WhatRule,
    WindowRule,
)

SEOUL = ScheduleRule(daily_at=["02:30"], zone="Asia/Seoul")
BERLIN = ScheduleRule(daily_at=["02:30"], zone="Europe/Berlin")
HOURLY = ScheduleRule(every_s=3_600)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = at("2026-11-24T01:00:00")


def good(when: datetime) -> History:
    return History(good_at=when, tried_at=when)


@pytest.mark.parametrize(
    ("schedule", "history", "now", "why"),
    [
        (SEOUL, History(), NOW, Why.FIRST),
        (HOURLY, History(), NOW, Why.FIRST),
        # 02:30 in Seoul is 17:30 UTC the day before.
        (SEOUL, good(at("2026-11-23T17:30:00")), NOW, Why.DONE),
        (SEOUL, good(at("2026-11-23T17:29:59")), NOW, Why.SLOT),
        (SEOUL, good(at("2026-11-23T17:30:00")), at("2026-11-24T17:29:59"), Why.DONE),
        (SEOUL, good(at("2026-11-23T17:30:00")), at("2026-11-24T17:30:00"), Why.SLOT),
        # Off for a month: one run, not thirty.
        (SEOUL, good(at("2026-10-20T17:30:00")), NOW, Why.SLOT),
        (HOURLY, good(NOW - timedelta(seconds=3_599)), NOW, Why.DONE),
        (HOURLY, good(NOW - timedelta(seconds=3_600)), NOW, Why.SLOT),
        # The clock was ten years ahead, and went back.
        (HOURLY, good(NOW + timedelta(days=3_650)), NOW, Why.CLOCK_BACK),
        (SEOUL, good(NOW + timedelta(minutes=6)), NOW, Why.CLOCK_BACK),
        (SEOUL, good(NOW + timedelta(minutes=4)), NOW, Why.DONE),
        # It jumps ahead: owed at once.
        (SEOUL, good(NOW), NOW + timedelta(days=3_650), Why.SLOT),
    ],
)
def test_what_is_owed(schedule: ScheduleRule, history: History, now: datetime, why: Why) -> None:
    due = backup_due(schedule, history, now)
    assert (due.why, due.now) == (why, why is not Why.DONE)


def test_a_time_that_summer_time_skips_counts_when_the_gap_ends() -> None:
    """29 March 2026: 02:00 becomes 03:00 in Berlin, so 02:30 is 03:30, 01:30 UTC."""
    slots = list(islice(slots_before(BERLIN, at("2026-03-30T12:00:00")), 3))
    assert slots == [at("2026-03-30T00:30:00"), at("2026-03-29T01:30:00"), at("2026-03-28T01:30:00")]


def test_a_time_that_comes_twice_counts_once() -> None:
    """25 October 2026: 02:30 comes at 00:30 and at 01:30 UTC."""
    first = at("2026-10-25T00:30:00")
    assert backup_due(BERLIN, good(at("2026-10-24T00:30:00")), first).now
    assert not backup_due(BERLIN, good(first), at("2026-10-25T01:30:00")).now
    assert not backup_due(BERLIN, good(first), at("2026-10-25T23:00:00")).now


def test_each_day_of_two_years_has_one_slot() -> None:
    slots = list(islice(slots_before(BERLIN, at("2027-12-31T00:00:00")), 730))
    gaps = {earlier - later for earlier, later in pairwise(slots)}
    assert gaps == {timedelta(hours=hours) for hours in (23, 24, 25)}


def test_without_catching_up_a_missed_slot_is_lost() -> None:
    schedule = ScheduleRule(daily_at=["02:30"], zone="UTC", catch_up=False)
    before = good(at("2026-11-23T02:30:00"))
    assert backup_due(schedule, before, at("2026-11-24T03:29:59")).now
    assert backup_due(schedule, before, at("2026-11-24T03:30:00")).why is Why.MISSED


def test_after_a_failure_the_next_try_waits() -> None:
    failed = History(good_at=NOW - timedelta(days=2), tried_at=NOW, failed=True)
    assert backup_due(HOURLY, failed, NOW + timedelta(seconds=899)).why is Why.RETRY_LATER
    assert backup_due(HOURLY, failed, NOW + timedelta(seconds=900)).now
    assert backup_due(HOURLY, failed, NOW - timedelta(days=1)).now, "a try in the future holds nothing up"


NIGHT = WindowRule(days=["mon"], start="22:00", end="04:00")


@pytest.mark.parametrize(
    ("when", "inside"),
    [
        ("2026-11-23T21:59:00", False),  # a Monday
        ("2026-11-23T22:00:00", True),
        ("2026-11-24T03:59:00", True),
        ("2026-11-24T04:00:00", False),
        ("2026-11-24T22:30:00", False),
        ("2026-11-23T03:00:00", False),
    ],
)
def test_a_window_goes_over_midnight(when: str, inside: bool) -> None:
    assert in_window([NIGHT], "UTC", at(when)) is inside


def test_a_window_of_one_day_and_its_zone() -> None:
    lunch = WindowRule(days=["tue"], start="12:00", end="13:00")
    assert in_window([lunch], "Asia/Seoul", at("2026-11-24T03:30:00"))
    assert not in_window([lunch], "UTC", at("2026-11-24T03:30:00"))
    schedule = ScheduleRule(every_s=3_600, windows=[lunch])
    assert backup_due(schedule, History(), NOW).why is Why.OUTSIDE_WINDOW
    assert backup_due(schedule, History(), at("2026-11-24T12:00:00")).now


@pytest.mark.parametrize(
    ("schedule", "good_at", "overdue"),
    [
        (HOURLY, NOW - timedelta(hours=2), False),
        (HOURLY, NOW - timedelta(hours=2, seconds=1), True),
        (SEOUL, at("2026-11-22T17:30:00"), False),
        (SEOUL, at("2026-11-22T17:29:00"), True),
        (HOURLY, None, True),
    ],
)
def test_overdue_is_a_whole_period_without_a_run(
    schedule: ScheduleRule, good_at: datetime | None, overdue: bool
) -> None:
    assert (overdue_at(schedule, good_at, NOW - timedelta(days=3)) < NOW) is overdue


def test_a_new_policy_has_its_time() -> None:
    assert overdue_at(HOURLY, None, NOW - timedelta(hours=1)) == NOW + timedelta(hours=1)


DAILY, WEEKLY = DrillRule(level=1, every_s=86_400, parts=3), DrillRule(level=3, every_s=7 * 86_400)
POLICY = BackupPolicy(
    version=1,
    site="seoul",
    host="app-1",
    target=TargetRule(address="/b", key_file="/k"),
    what=WhatRule(trees=["/srv"]),
    schedule=HOURLY,
    drills=ProvingRule(ladder=[WEEKLY, DAILY], proof_days=10),
)


def test_drills_are_due_from_the_lowest_level_on() -> None:
    assert drills_due(POLICY, History(), NOW) == [], "there is nothing to prove"
    assert drills_due(POLICY, good(NOW), NOW) == [DAILY, WEEKLY]


def test_a_drill_that_failed_comes_again_sooner() -> None:
    def history(proven: bool) -> History:
        return History(good_at=NOW, drills={3: Drilled(NOW, is_proven=proven), 1: Drilled(NOW, is_proven=True)})

    later = NOW + DRILL_RETRY
    assert drills_due(POLICY, history(True), later) == []
    assert drills_due(POLICY, history(False), later) == [WEEKLY]
    assert drills_due(POLICY, history(True), NOW - timedelta(days=1)) == [DAILY, WEEKLY], "the clock went back"


def test_parts_go_round_and_a_bad_one_is_read_again() -> None:
    assert next_part(DAILY, None) == 1
    assert [next_part(DAILY, Drilled(NOW, is_proven=True, part=part)) for part in (1, 2, 3)] == [2, 3, 1]
    assert next_part(DAILY, Drilled(NOW, is_proven=False, part=2)) == 2
    assert next_part(DAILY, Drilled(NOW, is_proven=False, part=9)) == 3, "the policy has fewer parts now"


def test_a_proof_grows_old() -> None:
    proven = NOW - timedelta(days=9)
    history = History(good_at=NOW, drills={3: Drilled(NOW, is_proven=False, proven_at=proven)})
    assert newest_proof(history) == proven
    assert proof_overdue_at(POLICY, history, NOW - timedelta(days=99)) == NOW + timedelta(days=1)
    lower = History(good_at=NOW, drills={2: Drilled(NOW, is_proven=True, proven_at=NOW)})
    assert proof_overdue_at(POLICY, lower, NOW - timedelta(days=99)) < NOW, "files alone prove no database"
