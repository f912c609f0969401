from __future__ import annotations

from itertools import product

import pytest

from remediation.patch.state import ENDED, TABLE, UNTOUCHED, IllegalEvent, PatchEvent, PatchState, advance


@pytest.mark.parametrize(("state", "event"), list(product(PatchState, PatchEvent)))
def test_the_whole_table(state: PatchState, event: PatchEvent) -> None:
    if (state, event) in TABLE:
        assert advance(state, event) is TABLE[state, event]
    else:
        with pytest.raises(IllegalEvent):
            advance(state, event)


def reachable(start: PatchState, events: frozenset[PatchEvent]) -> set[PatchState]:
    found, left = {start}, [start]
    while left:
        state = left.pop()
        for event in events:
            after = TABLE.get((state, event))
            if after is not None and after not in found:
                found.add(after)
                left.append(after)
    return found


def test_before_it_counts_failing_leads_to_the_old_version_and_after_it_never() -> None:
    forward = frozenset({PatchEvent.DONE, PatchEvent.FAILED, PatchEvent.GIVEN_UP})
    assert PatchState.ROLLING_BACK not in reachable(PatchState.COMMITTED, forward)
    for state in set(PatchState) - ENDED - {PatchState.COMMITTED}:
        after_failure = TABLE[state, PatchEvent.FAILED]
        assert PatchState.COMMITTED not in reachable(after_failure, forward), state


def test_what_is_untouched_is_abandoned_and_every_state_ends() -> None:
    for state in UNTOUCHED:
        assert TABLE[state, PatchEvent.FAILED] is PatchState.ABANDONED
    everything = frozenset(PatchEvent) - {PatchEvent.TAKEN_BACK}
    for state in PatchState:
        assert ENDED & reachable(state, everything)


def test_ended_states_go_on_only_when_a_person_wants_the_old_version() -> None:
    events = {event for state, event in TABLE if state in ENDED}
    assert events == {PatchEvent.TAKEN_BACK}
