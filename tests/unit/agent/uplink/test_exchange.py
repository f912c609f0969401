from __future__ import annotations

import copy
import itertools

import pytest

from agent.uplink.exchange import TABLE, Act, BreakUp, Exchange, Happening, IllegalStep, State

SENDING = {State.UNDER_WAY, State.UNDER_WAY_CORRECTED}
EXPECTED = {
    (State.READY, Happening.SEND): (State.UNDER_WAY, Act.TRANSMIT),
    (State.CORRECTED, Happening.SEND): (State.UNDER_WAY_CORRECTED, Act.TRANSMIT),
    (State.STARTING, Happening.DUE): (State.READY, Act.NOTHING),
    (State.WAITING, Happening.DUE): (State.READY, Act.NOTHING),
    (State.SHUT_OUT, Happening.DUE): (State.READY, Act.NOTHING),
    (State.UNDER_WAY, Happening.CLOCK_OFF): (State.CORRECTED, Act.CORRECT_CLOCK),
    (State.UNDER_WAY_CORRECTED, Happening.CLOCK_OFF): (State.WAITING, Act.BACK_OFF),
} | {
    (state, happening): (after, act)
    for state in SENDING
    for happening, after, act in (
        (Happening.ACKED, State.READY, Act.ACK),
        (Happening.RESYNC, State.READY, Act.RESYNC),
        (Happening.NEW_EPOCH, State.READY, Act.START_EPOCH),
        (Happening.STUCK, State.WAITING, Act.BACK_OFF),
        (Happening.REFUSED, State.WAITING, Act.BACK_OFF),
        (Happening.POISONED, State.READY, Act.BREAK_UP),
        (Happening.BUSY, State.WAITING, Act.PAUSE),
        (Happening.FORBIDDEN, State.SHUT_OUT, Act.REST),
        (Happening.UNTRUSTED, State.WAITING, Act.BACK_OFF),
        (Happening.UNREACHABLE, State.WAITING, Act.BACK_OFF),
    )
}


@pytest.mark.parametrize(("state", "happening"), list(itertools.product(State, Happening)))
def test_every_state_with_every_happening(state: State, happening: Happening) -> None:
    exchange = Exchange(state=state, failures=2, refusals=1)
    before = copy.deepcopy(exchange)
    if (state, happening) in EXPECTED:
        after, act = EXPECTED[state, happening]
        assert exchange.happen(happening) is act
        assert exchange.state is after
    else:
        with pytest.raises(IllegalStep):
            exchange.happen(happening)
        assert exchange == before


def test_the_table_holds_nothing_else() -> None:
    assert set(TABLE) == set(EXPECTED)


def test_failures_count_for_the_backoff_and_end_with_progress() -> None:
    exchange = Exchange()
    for expected in (1, 2, 3):
        exchange.happen(Happening.SEND)
        exchange.happen(Happening.UNREACHABLE)
        assert exchange.failures == expected
        exchange.happen(Happening.DUE)
    exchange.happen(Happening.SEND)
    exchange.happen(Happening.ACKED)
    assert exchange.failures == 0


def test_the_third_refusal_is_poison() -> None:
    exchange = Exchange()
    for _ in range(2):
        exchange.happen(Happening.SEND)
        assert exchange.refine(Happening.REFUSED, 0) is Happening.REFUSED
        exchange.happen(Happening.REFUSED)
        exchange.happen(Happening.DUE)
    assert exchange.refine(Happening.REFUSED, 0) is Happening.POISONED


def test_the_same_resync_twice_without_an_ack_is_stuck() -> None:
    exchange = Exchange()
    assert exchange.refine(Happening.RESYNC, 3) is Happening.RESYNC
    assert exchange.refine(Happening.RESYNC, 3) is Happening.STUCK
    assert exchange.refine(Happening.RESYNC, 2) is Happening.RESYNC
    exchange.happen(Happening.SEND)
    exchange.happen(Happening.ACKED)
    assert exchange.refine(Happening.RESYNC, 2) is Happening.RESYNC


def test_a_record_is_parked_only_after_something_else_was_acked() -> None:
    exchange = Exchange()
    assert exchange.break_up(8) is BreakUp.SPLIT
    assert exchange.break_up(1) is BreakUp.SPLIT  # no proof yet: an empty batch goes first
    exchange.happen(Happening.SEND)
    exchange.happen(Happening.ACKED)
    assert exchange.break_up(1) is BreakUp.PARK
    assert exchange.break_up(1) is BreakUp.SPLIT  # the next one wants a proof of its own


def acked(exchange: Exchange, times: int = 1) -> None:
    for _ in range(times):
        exchange.happen(Happening.SEND)
        exchange.happen(Happening.ACKED)


def test_an_ack_from_before_the_trouble_is_no_proof() -> None:
    exchange = Exchange()
    acked(exchange, 5)
    assert exchange.break_up(1) is BreakUp.SPLIT


def test_an_ack_from_an_earlier_break_up_is_no_proof_either() -> None:
    exchange = Exchange()
    assert exchange.break_up(2) is BreakUp.SPLIT
    acked(exchange, 2)  # both halves went through after all: it was a passing trouble
    assert exchange.break_up(1) is BreakUp.SPLIT
    exchange.break_up(4)
    acked(exchange, 3)
    assert exchange.break_up(1) is BreakUp.SPLIT


def test_an_empty_batch_is_never_broken_up() -> None:
    exchange = Exchange()
    assert exchange.break_up(0) is BreakUp.WAIT
    assert exchange.state is State.WAITING
