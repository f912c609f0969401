"""Every kind of change against clocks that run, stand and are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.sla.history import ClockAct, Cycle, PauseReason, Step, Terms, stepped
from collector.sla.plan import DEFAULT_PLAN, Metric, pausing_of
from collector.sla.shelf import shipped
from collector.tickets.clocks.on_ticket import MOVING, Move, Start, TicketMove, steps_after
from collector.tickets.model import RULE, ChangeKind

T = datetime(2026, 11, 24, 1, tzinfo=UTC)
LATER = T + timedelta(hours=1)
K = ChangeKind


def terms_of(level: int, metric: Metric) -> Terms | None:
    target = DEFAULT_PLAN.targets.get((level, metric))
    return None if target is None else Terms(target, shipped("kr"), pausing_of(level, metric))


def opened(level: int = 3, *steps: Step) -> dict[Metric, Cycle]:
    result = {}
    for metric in Metric:
        terms = terms_of(level, metric)
        if terms is not None:
            cycles = [Cycle(1, T, terms)]
            for step in steps if metric is not Metric.FIRST_RESPONSE else ():
                cycles = stepped(cycles, step)
            result[metric] = cycles[-1]
    return result


def after(
    kind: ChangeKind, cycles: dict[Metric, Cycle], level: int = 3, actor: str = "jh", since: datetime | None = None
) -> list[tuple[str, str]]:
    move = TicketMove(kind, LATER, actor, level, T, since, PauseReason.CUSTOMER_INFO)
    found = steps_after(move, cycles, terms_of)
    return [(each.metric.value, "start" if isinstance(each, Start) else each.step.act.value) for each in found]


PAUSED = Step(T, ClockAct.PAUSE, PauseReason.CUSTOMER_INFO)
STOPPED = Step(T, ClockAct.STOP)
BOTH = ("restore", "resolve")


def test_opening_starts_what_the_level_promises() -> None:
    assert after(K.OPENED, {}) == [(metric.value, "start") for metric in Metric]
    assert after(K.OPENED, {}, level=4) == [("first_response", "start"), ("resolve", "start")]
    assert after(K.OPENED, opened()) == []


@pytest.mark.parametrize(
    ("kind", "steps", "expected"),
    [
        (K.ACKNOWLEDGED, (), [("first_response", "stop")]),
        (K.PAUSED, (), [(metric, "pause") for metric in BOTH]),
        (K.PAUSED, (PAUSED,), []),
        (K.RESUMED, (PAUSED,), [(metric, "resume") for metric in BOTH]),
        (K.RESUMED, (), []),
        (K.RECOVERED, (), [("restore", "stop")]),
        (K.RECOVERED, (PAUSED,), [("restore", "stop"), ("resolve", "resume")]),
        (K.RELAPSED, (STOPPED,), [("restore", "reopen")]),
        (K.RELAPSED, (), []),
        (K.RESOLVED, (), [("restore", "stop"), ("resolve", "stop"), ("first_response", "stop")]),
        (K.RESOLVED, (STOPPED,), [("first_response", "stop")]),
        (K.REOPENED, (STOPPED,), [(metric, "reopen") for metric in BOTH]),
        (K.CANCELLED, (), [(metric.value, "cancel") for metric in Metric]),
        (K.MERGED, (PAUSED,), [(metric.value, "cancel") for metric in Metric]),
        (K.LEVEL_RAISED, (), [(metric.value, "retarget") for metric in Metric]),
        (K.LEVEL_RAISED, (STOPPED,), [("first_response", "retarget")]),
    ],
)
def test_the_table(kind: ChangeKind, steps: tuple[Step, ...], expected: list[tuple[str, str]]) -> None:
    assert after(kind, opened(3, *steps), level=1 if kind is K.LEVEL_RAISED else 3) == expected


def test_kinds_that_move_no_clock() -> None:
    for kind in set(ChangeKind) - MOVING:
        assert after(kind, opened()) == []


def test_the_machine_answers_nobody() -> None:
    assert after(K.ACKNOWLEDGED, opened(), actor=RULE) == []
    assert ("first_response", "cancel") in after(K.RESOLVED, opened(), actor=RULE)


def test_restoring_stops_at_the_first_ok_instant() -> None:
    move = TicketMove(K.RECOVERED, LATER, RULE, 3, T, T + timedelta(minutes=5))
    [step] = steps_after(move, opened(), terms_of)
    assert isinstance(step, Move)
    assert step.step.at == T + timedelta(minutes=5)


def test_a_level_that_promises_more_takes_over_the_pauses() -> None:
    assert after(K.LEVEL_RAISED, opened(4, PAUSED), level=3) == [
        ("first_response", "retarget"),
        ("restore", "start"),
        ("restore", "pause"),
        ("restore", "retarget"),
        ("resolve", "retarget"),
    ]


def test_a_level_that_promises_less_owes_less() -> None:
    assert ("restore", "cancel") in after(K.LEVEL_LOWERED, opened(3), level=4)


def test_no_step_is_dated_before_the_history() -> None:
    paused = Step(LATER + timedelta(hours=1), ClockAct.PAUSE, PauseReason.CUSTOMER_INFO)
    move = TicketMove(K.RESUMED, LATER, RULE, 3, T)
    assert [each.step.at for each in steps_after(move, opened(3, paused), terms_of) if isinstance(each, Move)] == 2 * [
        paused.at
    ]


EARLIER = T - timedelta(hours=3)


def joined(cycles: dict[Metric, Cycle], level: int = 3, start: datetime = EARLIER) -> list[tuple[str, str]]:
    move = TicketMove(K.JOINED, LATER, "jh", level, start)
    found = steps_after(move, cycles, terms_of)
    return [(each.metric.value, "start" if isinstance(each, Start) else each.step.act.value) for each in found]


def test_joined_by_an_earlier_ticket_its_open_clocks_begin_with_that_one() -> None:
    again = [("start",), ("retarget",)]
    assert joined(opened()) == [(metric.value, act) for metric in Metric for (act,) in again]
    paused = opened(3, PAUSED)
    assert [act for metric, act in joined(paused) if metric == "resolve"] == ["start", "pause", "retarget"]
    stopped = opened(3, STOPPED)
    assert {metric for metric, _ in joined(stopped)} == {"first_response"}, "what is over stays as it was"


def test_joined_by_a_later_ticket_only_a_worse_level_counts() -> None:
    assert joined(opened(), start=T) == []
    assert joined(opened(), level=2, start=T) == [(metric.value, "retarget") for metric in Metric]


def test_taken_out_of_a_merger_what_was_cancelled_goes_on() -> None:
    merged = {metric: stepped([cycle], Step(LATER, ClockAct.CANCEL))[-1] for metric, cycle in opened(3, PAUSED).items()}
    acts = after(K.UNMERGED, merged)
    assert [act for metric, act in acts if metric == "first_response"] == ["start", "retarget"]
    assert [act for metric, act in acts if metric == "resolve"][:2] == ["start", "pause"]
    assert after(K.UNMERGED, opened(3, STOPPED)) == []
