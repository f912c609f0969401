from __future__ import annotations

import itertools

import pytest

from agent.bundles.state import FINAL, TABLE, BundleState, IllegalStep, Step, advance

S, P = BundleState, Step
EXPECTED = {
    (S.COLLECTED, P.REDACT): S.REDACTED,
    (S.COLLECTED, P.DROP): S.DROPPED,
    (S.COLLECTED, P.FAIL): S.FAILED,
    (S.REDACTED, P.RELEASE): S.RELEASED,
    (S.REDACTED, P.DROP): S.DROPPED,
    (S.RELEASED, P.SEND): S.SENDING,
    (S.RELEASED, P.DROP): S.DROPPED,
    (S.RELEASED, P.FAIL): S.FAILED,
    (S.SENDING, P.SEND): S.SENDING,
    (S.SENDING, P.CONFIRM): S.SENT,
    (S.SENDING, P.DROP): S.DROPPED,
    (S.SENDING, P.FAIL): S.FAILED,
    (S.FAILED, P.DROP): S.DROPPED,
}


@pytest.mark.parametrize(("state", "step"), list(itertools.product(BundleState, Step)))
def test_the_whole_product(state: BundleState, step: Step) -> None:
    if (state, step) in EXPECTED:
        assert advance(state, step) is EXPECTED[state, step]
    else:
        with pytest.raises(IllegalStep):
            advance(state, step)


def test_nothing_is_sent_that_was_not_released() -> None:
    assert {state for (state, step) in TABLE if step is Step.SEND} == {S.RELEASED, S.SENDING}
    assert [state for (state, step), after in TABLE.items() if after is S.RELEASED] == [S.REDACTED]
    assert {after for (state, _), after in TABLE.items() if state in FINAL} == {S.DROPPED}
