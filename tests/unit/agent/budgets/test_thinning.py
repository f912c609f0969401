"""What is left of a deposit at each step, and that the rest is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budgets.state import Step
from agent.budgets.thinning import Withheld, is_of_logs, thinned
from agent.spool.port import Cursor, Deposit
from tests.builders import NOW, a_gap, a_health, an_event, an_unknown_error
from wire.fingerprint import OVERFLOW
from wire.messages import Event, GapCause, decode_record, encode_record

CURSOR = Cursor("app", "/a", 1, 2, "h", 3, 0, 10, 1)
EVENT = an_event(
    text="ERROR", fields={"a": "b"}, identity={"q": "7"}, before=["x", "y"], after=["z"], samples=["s"], count=9
)
HOST = an_event(product="host", text="disk full", fields={"value": "9"}, before=["x"])
UNKNOWN = an_unknown_error(sample="ERROR 7", count=4)
DEPOSIT = Deposit(events=[EVENT, HOST], unknowns=[UNKNOWN], gaps=[a_gap()], cursors=[CURSOR])


def test_in_full_nothing_is_touched() -> None:
    assert thinned(DEPOSIT, Step.FULL) == (DEPOSIT, Withheld())


def test_lean_leaves_out_context_and_samples() -> None:
    thin, left_out = thinned(DEPOSIT, Step.LEAN)
    event = thin.events[0]
    assert (event.text, event.fields, event.before, event.after, event.samples) == ("ERROR", {"a": "b"}, [], [], [])
    assert thin.unknowns == [UNKNOWN]
    assert left_out == Withheld(0, 3, 1, 0, NOW, NOW)


def test_counts_keep_what_tells_two_faults_apart_and_how_often() -> None:
    thin, left_out = thinned(DEPOSIT, Step.COUNTS)
    event = thin.events[0]
    assert (event.text, event.fields, event.identity, event.count) == ("", {}, {"q": "7"}, 9)
    assert event.event_id == EVENT.event_id
    assert (thin.unknowns[0].template, thin.unknowns[0].count, thin.unknowns[0].sample) == (OVERFLOW, 4, "")
    assert left_out == Withheld(1, 3, 1, 1, NOW, NOW)


@pytest.mark.parametrize("step", list(Step))
def test_the_hosts_own_faults_gaps_and_positions_stay(step: Step) -> None:
    thin, _ = thinned(DEPOSIT, step)
    assert (thin.events[1], thin.gaps, thin.cursors) == (HOST, DEPOSIT.gaps, DEPOSIT.cursors)


@pytest.mark.parametrize(
    ("deposit", "waits"),
    [
        (Deposit(health=a_health()), False),
        (Deposit(events=[HOST], levels=[("a", "b")]), False),
        (Deposit(gaps=[a_gap()]), False),
        (Deposit(events=[EVENT]), True),
        (Deposit(cursors=[CURSOR]), True),
        (Deposit(forgotten=[CURSOR]), True),
        (Deposit(unknowns=[UNKNOWN]), True),
    ],
)
def test_what_comes_of_logs(deposit: Deposit, waits: bool) -> None:
    assert is_of_logs(deposit) is waits


def test_the_gap_says_what_was_left_out() -> None:
    gap = Withheld(3, 20, 2, 1, NOW, NOW).gap(NOW)
    assert (gap.cause, gap.records_lost, gap.since, gap.until) == (GapCause.BUDGET, 4, NOW, NOW)
    assert "3 events, 20 lines" in gap.detail
    assert decode_record(encode_record(gap)) == gap


def _lines(events: list[Event]) -> int:
    return sum(len(event.before) + len(event.after) + len(event.samples) + bool(event.text) for event in events)


_EVENTS = st.builds(
    lambda lines, samples, text: an_event(before=lines, samples=samples, text=text),
    st.lists(st.just("x"), max_size=20),
    st.lists(st.just("s"), max_size=3),
    st.sampled_from(["", "t"]),
)


@given(st.lists(_EVENTS, max_size=8), st.sampled_from(list(Step)))
def test_kept_and_left_out_are_all_there_was(events: list[Event], step: Step) -> None:
    thin, left_out = thinned(Deposit(events=events), step)
    told = left_out.texts + left_out.context_lines + left_out.samples
    assert _lines(list(thin.events)) + told == _lines(events)
    assert sum(event.count for event in thin.events) == sum(event.count for event in events)
    assert bool(left_out) == bool(told)
