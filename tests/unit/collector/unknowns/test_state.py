from __future__ import annotations

from itertools import product

import pytest

from collector.unknowns.state import TABLE, IllegalAct, UnknownAct, UnknownState, after


@pytest.mark.parametrize(("state", "act"), list(product(UnknownState, UnknownAct)))
def test_the_whole_table(state: UnknownState, act: UnknownAct) -> None:
    if (state, act) in TABLE:
        assert after(state, act) is TABLE[state, act]
    else:
        with pytest.raises(IllegalAct):
            after(state, act)


def test_every_state_can_be_left() -> None:
    assert {state for state, _ in TABLE} == set(UnknownState)
