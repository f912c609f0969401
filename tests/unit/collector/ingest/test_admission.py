from __future__ import annotations

from datetime import timedelta

import pytest

from collector.ingest.admission import (
    FIRST_RATE,
    FRESH_S,
    GROUP_UNITS,
    LATE_S,
    LEAST_GROUP_UNITS,
    LEAST_RATE,
    QUICK_S,
    STUCK_S,
    TELLING_UNITS,
    Allowances,
    DrainRate,
    Load,
    Verdict,
    is_stuck,
    is_urgent,
    judge,
    units_of,
)
from collector.settings.model import Admission
from tests.builders import NOW, a_gap, a_health, an_event
from wire.messages import Record
from wire.proofs import Outcome, Result

TIGHT = Admission(site_batches_s=2, agent_batches_s=1, site_bytes_s=100, agent_bytes_s=0, burst_s=10)


def test_a_calm_site_never_waits() -> None:
    allowances = Allowances(Admission())
    for minute in range(1_000):
        for _ in range(20):  # agents of one site, all in one moment
            assert allowances.wait_s("seoul", 20, minute * 60.0) == 0.0
            allowances.charge("seoul", 20_000)


def test_a_flood_is_held_to_its_rate_after_the_burst() -> None:
    allowances = Allowances(TIGHT)
    taken = sum(allowances.wait_s("flood", 1, at / 100) == 0.0 for at in range(100 * 60))
    assert taken == pytest.approx(10 * 3 + 60 * 3, abs=3)
    assert allowances.wait_s("flood", 1, 60.0) == pytest.approx(1 / 3, abs=0.34)


def test_one_site_costs_another_nothing() -> None:
    allowances = Allowances(TIGHT)
    while allowances.wait_s("flood", 1, 0.0) == 0.0:
        pass
    assert allowances.wait_s("calm", 1, 0.0) == 0.0


def test_bytes_leave_a_debt_that_is_paid_first() -> None:
    allowances = Allowances(TIGHT)
    assert allowances.wait_s("seoul", 1, 0.0) == 0.0
    allowances.charge("seoul", 1_500)
    assert allowances.wait_s("seoul", 1, 0.0) == pytest.approx(5.0)
    assert allowances.wait_s("seoul", 1, 5.1) == 0.0


def test_a_rate_of_zero_is_no_limit() -> None:
    allowances = Allowances(Admission(site_batches_s=0, agent_batches_s=0, site_bytes_s=0, agent_bytes_s=0))
    for _ in range(10_000):
        assert allowances.wait_s("seoul", 1, 0.0) == 0.0
        allowances.charge("seoul", 10**9)


def test_a_clock_that_stands_still_gives_nothing_back() -> None:
    allowances = Allowances(TIGHT)
    assert sum(allowances.wait_s("seoul", 1, 5.0) == 0.0 for _ in range(100)) == 30


def load(units: int, site_units: int = 0, other_sites: int = 0, brought: int = 0) -> Load:
    return Load(units, site_units, other_sites, capacity_units=1_000, brought_units=brought)


@pytest.mark.parametrize(
    ("waiting", "urgent", "verdict"),
    [
        (load(0), False, Verdict.WELCOME),
        (load(249, 249, 50), False, Verdict.WELCOME),  # a short queue: nobody is counted
        (load(749, 749, 0), False, Verdict.WELCOME),  # alone
        (load(750, 750, 0), False, Verdict.SITE_FULL),  # room for whoever comes
        (load(750, 0, 1), False, Verdict.WELCOME),
        (load(400, 375, 1), False, Verdict.SITE_FULL),
        (load(400, 374, 1), False, Verdict.WELCOME),
        (load(0, 0, 0, 9_000), False, Verdict.WELCOME),  # one batch of any size
        (load(300, 300, 0, 451), False, Verdict.SITE_FULL),
        (load(300, 300, 0, 449), False, Verdict.WELCOME),
        (load(900, 0, 9), False, Verdict.FULL),
        (load(900, 0, 9), True, Verdict.WELCOME),
        (load(1_000, 0, 9), True, Verdict.FULL),
    ],
)
def test_who_finds_room(waiting: Load, urgent: bool, verdict: Verdict) -> None:  # a table
    assert judge(waiting, urgent=urgent) is verdict


RESULT = Result(digest="0a" * 32, outcome=Outcome.REFUSED, ended_at=NOW)
OLD = NOW - timedelta(seconds=FRESH_S + 1)


@pytest.mark.parametrize(
    ("records", "urgent"),
    [
        ([], False),
        ([a_health(), a_gap()], False),
        ([a_health(), an_event(last_at=NOW)], True),
        ([an_event(last_at=OLD)], False),
        ([an_event(last_at=NOW, history=True)], False),
        ([a_health(), RESULT], True),
    ],
)
def test_what_somebody_waits_for(records: list[Record], urgent: bool) -> None:  # a table
    assert is_urgent(enumerate(records), NOW) is urgent


def test_the_rate_follows_what_large_groups_show() -> None:
    rate = DrainRate()
    for _ in range(30):
        rate.learn(1_000, 1.0)
    assert rate.units_s == pytest.approx(1_000, rel=0.01)
    assert rate.seconds_for(2_000) == pytest.approx(2.0, rel=0.01)


def test_a_small_group_is_mostly_the_flush_and_shows_no_slowness() -> None:
    rate = DrainRate()
    rate.learn(TELLING_UNITS - 1, 10.0)
    assert rate.units_s == FIRST_RATE


def test_a_group_is_half_a_second_of_work() -> None:
    found = [DrainRate(rate, is_learned=True).group_units for rate in (50.0, 4_000.0, 1e9)]
    assert found == [LEAST_GROUP_UNITS, 2_000, GROUP_UNITS]


def test_until_something_was_learned_groups_are_small() -> None:
    rate = DrainRate()
    assert rate.group_units == LEAST_GROUP_UNITS
    rate.learn(TELLING_UNITS - 1, 0.001)
    assert rate.group_units == LEAST_GROUP_UNITS
    rate.learn(TELLING_UNITS, TELLING_UNITS / FIRST_RATE)
    assert rate.group_units > LEAST_GROUP_UNITS


def test_small_groups_bring_a_rate_back_that_fell_too_far() -> None:
    rate = DrainRate(units_s=LEAST_RATE)
    for _ in range(100):
        rate.learn(20, 0.004)
    assert rate.units_s > 4_000


def test_one_stall_does_not_close_the_door() -> None:
    rate = DrainRate()
    rate.learn(TELLING_UNITS, 30.0)
    assert rate.units_s > FIRST_RATE / 2


def test_a_writer_that_does_nothing_has_a_rate_all_the_same() -> None:
    rate = DrainRate()
    for _ in range(100):
        rate.learn(TELLING_UNITS, 1e6)
    assert rate.units_s >= LEAST_RATE


def test_what_was_learned_in_a_slow_time_fades_with_quick_small_groups() -> None:
    rate = DrainRate(units_s=100.0)
    rate.learn(20, QUICK_S * 1.1)
    assert rate.units_s == 100.0, "it is still slow"
    for _ in range(100):
        rate.learn(20, QUICK_S)
    assert rate.units_s == pytest.approx(FIRST_RATE, rel=0.01)


def test_a_rate_above_the_first_one_does_not_fade() -> None:
    rate = DrainRate(units_s=3 * FIRST_RATE)
    rate.learn(20, QUICK_S)
    assert rate.units_s == 3 * FIRST_RATE


def test_a_fault_that_is_new_costs_more_than_its_record() -> None:
    assert units_of(2, is_new=True) > 3 * units_of(2, is_new=False) > units_of(0, is_new=False) > 0


@pytest.mark.parametrize(
    ("busy_s", "oldest_s", "stuck"),
    [(0.0, 0.0, False), (STUCK_S, LATE_S, False), (STUCK_S + 0.1, 0.0, True), (0.0, LATE_S + 0.1, True)],
)
def test_who_does_not_get_on(busy_s: float, oldest_s: float, stuck: bool) -> None:  # a table
    assert is_stuck(busy_s=busy_s, oldest_s=oldest_s) is stuck
