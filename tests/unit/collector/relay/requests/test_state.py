from __future__ import annotations

from itertools import product

import pytest

from collector.relay.requests.state import FINAL, OPEN, TABLE, IllegalStep, RequestState, Step, advance

S, P = RequestState, Step
LAST = {P.SUCCEED: S.DONE, P.FAIL: S.FAILED, P.REFUSE: S.REFUSED, P.LOSE: S.UNKNOWN}
ENDS = {P.STOP: S.STOPPED, P.LAPSE: S.LAPSED}
ON_THE_WAY = {P.HINDER: S.WAITING, P.APPROVE: S.APPROVED, **LAST, **ENDS}

# The whole product, written down a second time; what is missing here is illegal.
EXPECTED: dict[RequestState, dict[Step, RequestState]] = {
    S.DRAFTED: {P.SIGN: S.SENT, **ENDS},
    S.SENT: {P.DELIVER: S.DELIVERED, **ON_THE_WAY},
    S.DELIVERED: {P.DELIVER: S.DELIVERED, **ON_THE_WAY},
    S.WAITING: {P.DELIVER: S.WAITING, **ON_THE_WAY},
    S.APPROVED: {P.DELIVER: S.APPROVED, **ON_THE_WAY},
    S.REFUSED: {P.SUCCEED: S.DONE, P.FAIL: S.FAILED, P.LOSE: S.UNKNOWN},
    S.STOPPED: LAST,
    S.LAPSED: LAST,
    S.DONE: {},
    S.FAILED: {},
    S.UNKNOWN: {},
}


@pytest.mark.parametrize(("state", "step"), list(product(S, P)))
def test_every_state_with_every_step(state: RequestState, step: Step) -> None:
    expected = EXPECTED[state].get(step)
    if expected is None:
        with pytest.raises(IllegalStep):
            advance(state, step)
    else:
        assert advance(state, step) is expected


def test_open_and_final_are_the_whole() -> None:
    assert set(S) == OPEN | FINAL
    assert not OPEN & FINAL
    assert {state for state, step in TABLE if step is P.LAPSE} == OPEN
