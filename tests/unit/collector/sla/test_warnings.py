"""Warnings by active time: example 19, pauses, and what was told already."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from collector.sla.clock import read_target
from collector.sla.history import ClockAct, Cycle, PauseReason, Step, Terms, replay
from collector.sla.shelf import shipped
from collector.sla.warnings import AUDIENCE, Audience, next_at, passed_by


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ZoneInfo("Asia/Seoul"))


def cycle(*steps: Step) -> Cycle:
    return replay(at("24T10:00"), Terms(read_target("8h"), shipped("kr")), steps)[-1]


@pytest.mark.parametrize(
    ("warned", "expected"), [(0, "24T14:00"), (50, "24T16:00"), (75, "25T08:42"), (90, "25T09:30"), (100, None)]
)
def test_example_19(warned: int, expected: str | None) -> None:
    assert next_at(cycle(), warned) == (None if expected is None else at(expected))


@pytest.mark.parametrize(
    ("now", "expected"), [("24T13:59", None), ("24T14:00", 50), ("24T23:00", 75), ("25T12:00", 100)]
)
def test_the_highest_that_was_reached(now: str, expected: int | None) -> None:
    assert passed_by(cycle(), at(now), 0) == expected
    assert passed_by(cycle(), at(now), expected or 0) is None


def test_a_clock_that_stands_or_is_over_warns_nobody() -> None:
    pause = Step(at("24T11:00"), ClockAct.PAUSE, PauseReason.CUSTOMER_INFO)
    assert next_at(cycle(pause), 0) is None
    assert next_at(cycle(pause, Step(at("24T13:00"), ClockAct.RESUME)), 0) == at("24T16:00")
    assert next_at(cycle(Step(at("24T11:00"), ClockAct.STOP)), 0) is None


def test_more_people_hear_of_it_the_later_it_gets() -> None:
    sizes = [len(AUDIENCE[percent]) for percent in sorted(AUDIENCE)]
    assert sizes == sorted(sizes)
    assert AUDIENCE[50] == (Audience.ASSIGNEE,)
    assert Audience.HEADQUARTERS in AUDIENCE[100]
