"""The whole product of alert states and causes."""

from __future__ import annotations

import itertools

import pytest

from collector.tickets.alert_state import AlertCause, AlertState, IllegalMove, move

LEGAL = {
    ("ok", "firing"): "pending",
    ("ok", "ok"): "ok",
    ("ok", "merged"): "ok",
    ("pending", "merged"): "ok",
    ("firing", "merged"): "ok",
    ("pending", "firing"): "pending",
    ("pending", "ok"): "ok",
    ("pending", "delay_passed"): "firing",
    ("pending", "taken_in"): "firing",
    ("firing", "firing"): "firing",
    ("firing", "ok"): "ok",
    ("firing", "expiry_passed"): "ok",
}


@pytest.mark.parametrize(("state", "cause"), list(itertools.product(AlertState, AlertCause)))
def test_the_whole_product(state: AlertState, cause: AlertCause) -> None:
    expected = LEGAL.get((state.value, cause.value))
    if expected is None:
        with pytest.raises(IllegalMove):
            move(state, cause)
    else:
        assert move(state, cause).value == expected
