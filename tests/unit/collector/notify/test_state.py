"""The whole product of states and events: what the table names, and a refusal for the rest."""

from __future__ import annotations

import itertools

import pytest

from collector.notify.state import TABLE, MessageEvent, MessageState, NotNow, after


@pytest.mark.parametrize(("state", "event"), [*itertools.product(MessageState, MessageEvent)])
def test_every_pair(state: MessageState, event: MessageEvent) -> None:
    if (state, event) in TABLE:
        assert after(state, event) is TABLE[state, event]
    else:
        with pytest.raises(NotNow, match=event.value):
            after(state, event)


def test_what_is_over_stays_over() -> None:
    for state in (MessageState.SENT, MessageState.FOLDED):
        assert not [event for event in MessageEvent if (state, event) in TABLE]


def test_a_person_alone_wakes_the_dead() -> None:
    assert [event for event in MessageEvent if (MessageState.DEAD, event) in TABLE] == [MessageEvent.RESEND]


def test_every_state_can_be_reached() -> None:
    begins = {MessageState.GATHERED, MessageState.WAITING}
    assert begins | set(TABLE.values()) == set(MessageState)
