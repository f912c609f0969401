"""Buckets that leak, and a stance that neither swings nor stays shut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.budgets.policy import FILL_MOST, REPRIEVE_S, WAIT_MOST_S, Fill, Stance, Use, is_tighter
from agent.budgets.state import Step
from agent.settings.budgets import BudgetSettings

SETTINGS = BudgetSettings(cpu_percent=1.0, bytes_per_hour=1_000, events_per_hour=100)


def use(at_s: float, cpu_s: float = 0, taken_bytes: int = 0, taken_events: int = 0) -> Use:
    return Use(at_s, cpu_s, taken_bytes, taken_events)


def test_each_use_fills_its_own_bucket() -> None:
    fill = Fill().after(SETTINGS, use(0), use(0, 18, 250, 100))
    assert (fill.cpu, fill.data, fill.events) == (0.5, 0.25, 1.0)
    assert (fill.most, fill.fullest) == (1.0, "events_per_hour")


def test_an_hours_allowance_leaks_in_an_hour() -> None:
    assert Fill(cpu=1.0, data=0.25).after(SETTINGS, use(0), use(1_800)) == Fill(cpu=0.5)


def test_what_is_far_over_is_forgiven() -> None:
    assert Fill().after(SETTINGS, use(0), use(1, taken_bytes=10**9)).data == FILL_MOST


def test_counters_that_began_anew_give_nothing_back() -> None:
    assert Fill(data=0.5).after(SETTINGS, use(0, 5, 900, 9), use(0)).data == 0.5


def test_without_a_limit_nothing_fills() -> None:
    free = BudgetSettings(cpu_percent=None, bytes_per_hour=None, events_per_hour=None)
    assert Fill(0.9, 0.9, 0.9).after(free, use(0), use(1, 1e6, 10**9, 10**9)) == Fill()


@given(st.lists(st.tuples(st.floats(1, 600), st.floats(0, 0.0099)), min_size=1, max_size=200))
def test_a_use_below_the_allowance_never_changes_the_step(looks: list[tuple[float, float]]) -> None:
    now, cpu_s, fill, stance = 0.0, 0.0, Fill(), Stance()
    for span_s, share in looks:
        before = use(now, cpu_s)
        now, cpu_s = now + span_s, cpu_s + span_s * share
        fill = fill.after(SETTINGS, before, use(now, cpu_s))
        stance = stance.after(fill, now)
        assert stance.step is Step.FULL


@given(st.lists(st.tuples(st.floats(0, 120), st.floats(0, 0.05)), max_size=400))
def test_no_hour_sees_more_than_twice_the_allowance_before_logs_wait(looks: list[tuple[float, float]]) -> None:
    now, fill, spent = 0.0, Fill(), list[tuple[float, float]]()
    for span_s, share in looks:
        before, now = now, now + span_s
        taken = share if fill.most < 1 else 0.0
        spent.append((now, taken))
        fill = fill.after(SETTINGS, use(before), use(now, cpu_s=taken * 36))
        assert sum(amount for at, amount in spent if at > now - 3_600) <= 2 + 0.051  # and the look that crossed it


def test_one_step_a_look_and_back() -> None:
    stance, steps = Stance(), list[Step]()
    for at, fill in enumerate((1.0, 1.0, 1.0, 1.0, 0.84, 0.59, 0.34)):
        stance = stance.after(Fill(cpu=fill), float(at))
        steps.append(stance.step)
    assert [step.value for step in steps] == ["lean", "counts", "heartbeat", "heartbeat", "counts", "lean", "full"]


def test_logs_never_wait_for_ever() -> None:
    full = Fill(cpu=1.05)
    stance = Stance(Step.HEARTBEAT, since_s=100)
    assert stance.after(full, 100 + WAIT_MOST_S - 1) == stance
    eased = stance.after(full, 100 + WAIT_MOST_S)
    assert eased.step is Step.COUNTS
    at_s = 100 + WAIT_MOST_S
    assert eased.after(full, at_s + REPRIEVE_S - 1) == eased
    assert eased.after(Fill(), at_s + 1).step is Step.LEAN
    assert eased.after(full, at_s + REPRIEVE_S).step is Step.HEARTBEAT


def test_order() -> None:
    assert is_tighter(Step.COUNTS, Step.LEAN)
    assert not is_tighter(Step.LEAN, Step.LEAN)
