"""Cycles, pauses, other terms: the worked examples and the whole table."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from collector.sla.clock import read_target
from collector.sla.history import (
    LEVEL_1_REASONS,
    TABLE,
    ClockAct,
    ClockState,
    IllegalClockAct,
    PauseReason,
    Step,
    Terms,
    read_cycle,
    replay,
)
from collector.sla.shelf import shipped

SEOUL = ZoneInfo("Asia/Seoul")
KR = shipped("kr")
LEVEL_3 = Terms(read_target("8h"), KR)
LEVEL_1 = Terms(read_target("4h-elapsed"), KR)
STRICT_LEVEL_1 = Terms(read_target("4h-elapsed"), KR, LEVEL_1_REASONS)
HOUR = 3_600_000_000


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def pause(text: str, reason: PauseReason = PauseReason.CUSTOMER_INFO) -> Step:
    return Step(at(text), ClockAct.PAUSE, reason)


def test_a_raised_level_replays_the_pauses_from_the_original_start() -> None:
    steps = [
        pause("2026-11-24T11:00"),
        Step(at("2026-11-24T13:00"), ClockAct.RESUME),
        Step(at("2026-11-24T14:00"), ClockAct.RETARGET, terms=LEVEL_1),
    ]
    before = replay(at("2026-11-24T10:00"), LEVEL_3, steps[:2])[-1]
    assert read_cycle(before, at("2026-11-24T14:00")).deadline.due == at("2026-11-25T11:30")
    [cycle] = replay(at("2026-11-24T10:00"), LEVEL_3, steps)
    reading = read_cycle(cycle, at("2026-11-24T15:00"))
    assert reading.deadline.due == at("2026-11-24T16:00")
    assert reading.breached_at is None
    assert reading.active_us == 3 * HOUR
    assert reading.remaining_us == HOUR


def test_a_level_whose_terms_know_no_such_pause_may_be_born_breached_once() -> None:
    steps = [
        pause("2026-11-24T11:00"),
        Step(at("2026-11-24T13:00"), ClockAct.RESUME),
        Step(at("2026-11-24T15:00"), ClockAct.RETARGET, terms=STRICT_LEVEL_1),
    ]
    [cycle] = replay(at("2026-11-24T10:00"), LEVEL_3, steps)
    reading = read_cycle(cycle, at("2026-11-24T18:00"))
    assert reading.deadline.due == at("2026-11-24T14:00")
    assert (reading.breached_at, reading.is_born_breached) == (at("2026-11-24T15:00"), True)


def test_a_lower_level_never_takes_a_breach_back() -> None:
    steps = [Step(at("2026-11-24T15:00"), ClockAct.RETARGET, terms=LEVEL_3)]
    [cycle] = replay(at("2026-11-24T10:00"), LEVEL_1, steps)
    reading = read_cycle(cycle, at("2026-11-24T15:30"))
    assert reading.deadline.due == at("2026-11-25T09:30")
    assert (reading.breached_at, reading.is_born_breached) == (at("2026-11-24T14:00"), False)


def test_a_reopened_ticket_begins_a_full_cycle_and_leaves_the_first_alone() -> None:
    steps = [
        Step(at("2026-11-24T15:00"), ClockAct.STOP),
        Step(at("2026-11-26T09:00"), ClockAct.REOPEN),
    ]
    first, second = replay(at("2026-11-24T10:00"), LEVEL_3, steps)
    now = at("2026-11-27T12:00")
    assert read_cycle(first, now).active_us == 5 * HOUR
    assert read_cycle(first, now).breached_at is None
    assert read_cycle(second, now).deadline.due == at("2026-11-26T17:00")
    assert read_cycle(second, now).breached_at == at("2026-11-26T17:00")


@pytest.mark.parametrize(("stop", "is_breached"), [("2026-11-25T09:30:00", False), ("2026-11-25T09:30:01", True)])
def test_stopping_at_the_very_instant_is_in_time(stop: str, is_breached: bool) -> None:
    [cycle] = replay(at("2026-11-24T10:00"), LEVEL_3, [Step(at(stop), ClockAct.STOP)])
    assert (read_cycle(cycle, at("2027-01-01T00:00")).breached_at is not None) == is_breached


def test_a_pause_that_lasts_leaves_what_remains() -> None:
    [cycle] = replay(at("2026-11-24T10:00"), LEVEL_3, [pause("2026-11-24T12:00")])
    reading = read_cycle(cycle, at("2026-12-24T12:00"))
    assert reading.deadline.due is None
    assert reading.remaining_us == 6 * HOUR
    assert reading.breached_at is None


def test_a_stop_ends_the_pause() -> None:
    steps = [pause("2026-11-24T12:00"), Step(at("2026-11-24T14:00"), ClockAct.STOP)]
    [cycle] = replay(at("2026-11-24T10:00"), LEVEL_3, steps)
    assert cycle.pauses[0].until == at("2026-11-24T14:00")
    assert read_cycle(cycle, at("2027-01-01T00:00")).active_us == 2 * HOUR


def test_working_days_know_no_pause() -> None:
    steps = [pause("2026-11-24T12:00"), Step(at("2026-11-26T12:00"), ClockAct.RESUME)]
    [cycle] = replay(at("2026-11-24T10:00"), Terms(read_target("3bd"), KR), steps)
    assert read_cycle(cycle, at("2026-11-26T12:00")).deadline.due == at("2026-11-27T17:00")


REACHED: dict[ClockState, list[Step]] = {
    ClockState.RUNNING: [],
    ClockState.PAUSED: [pause("2026-11-24T11:00")],
    ClockState.STOPPED: [Step(at("2026-11-24T11:00"), ClockAct.STOP)],
    ClockState.CANCELLED: [Step(at("2026-11-24T11:00"), ClockAct.CANCEL)],
}


@pytest.mark.parametrize(("state", "act"), list(product(ClockState, ClockAct)))
def test_the_whole_table(state: ClockState, act: ClockAct) -> None:
    step = Step(at("2026-11-24T12:00"), act, PauseReason.FORCE_MAJEURE, LEVEL_1)
    steps = [*REACHED[state], step]
    if (state, act) in TABLE:
        assert replay(at("2026-11-24T10:00"), LEVEL_3, steps)[-1].state is TABLE[state, act]
    else:
        with pytest.raises(IllegalClockAct):
            replay(at("2026-11-24T10:00"), LEVEL_3, steps)


def test_every_state_is_reached_as_the_table_of_the_test_says() -> None:
    for state, steps in REACHED.items():
        assert replay(at("2026-11-24T10:00"), LEVEL_3, steps)[-1].state is state


@pytest.mark.parametrize(
    "step",
    [
        Step(at("2026-11-24T09:00"), ClockAct.STOP),  # before the start
        Step(at("2026-11-24T12:00"), ClockAct.PAUSE),  # without a reason
        Step(at("2026-11-24T12:00"), ClockAct.RETARGET),  # without terms
    ],
)
def test_what_makes_no_sense_is_refused(step: Step) -> None:
    with pytest.raises(IllegalClockAct):
        replay(at("2026-11-24T10:00"), LEVEL_3, [step])


def test_no_step_is_dated_before_the_last_one() -> None:
    late = Step(at("2026-11-24T10:30"), ClockAct.RESUME)
    with pytest.raises(IllegalClockAct):
        replay(at("2026-11-24T10:00"), LEVEL_3, [pause("2026-11-24T11:00"), late])


def test_a_stop_alone_may_be_dated_back_and_undoes_what_came_after_it() -> None:
    steps = [
        pause("2026-11-24T12:00"),
        Step(at("2026-11-24T13:00"), ClockAct.RESUME),
        Step(at("2026-11-24T11:00"), ClockAct.STOP),
    ]
    [cycle] = replay(at("2026-11-24T10:00"), LEVEL_3, steps)
    assert (cycle.pauses, read_cycle(cycle, at("2026-11-24T14:00")).active_us) == ([], HOUR)


def test_what_was_over_before_the_breach_was_not_broken() -> None:
    steps = [
        Step(at("2026-11-24T15:00"), ClockAct.RETARGET, terms=LEVEL_3),
        Step(at("2026-11-24T13:00"), ClockAct.STOP),
    ]
    broken, over = (replay(at("2026-11-24T10:00"), LEVEL_1, steps[:count])[0] for count in (1, 2))
    assert read_cycle(broken, at("2026-11-24T16:00")).breached_at == at("2026-11-24T14:00")
    assert read_cycle(over, at("2026-11-24T16:00")).breached_at is None


def test_a_pause_that_the_terms_do_not_know_leaves_the_clock_running() -> None:
    terms = Terms(read_target("4h-elapsed"), KR, LEVEL_1_REASONS)
    [runs] = replay(at("2026-11-24T10:00"), terms, [pause("2026-11-24T11:00")])
    [stands] = replay(at("2026-11-24T10:00"), terms, [pause("2026-11-24T11:00", PauseReason.FORCE_MAJEURE)])
    assert (runs.is_standing, stands.is_standing) == (False, True)
    assert runs.is_open
    assert read_cycle(runs, at("2026-11-24T12:00")).deadline.due == at("2026-11-24T14:00")
