from __future__ import annotations

from agent.spool.urgency import LINGER_S, SEEN_KEYS, SEEN_S, UNKNOWN_LINGER_S, Urgency


def test_a_fault_that_was_not_seen_goes_at_once_and_its_like_within_a_second() -> None:
    urgency = Urgency()
    urgency.note(["a"], at_once=False, anything=False, now=10.0)
    assert urgency.due_at == 10.0
    urgency.due_at = None
    urgency.note(["a"], at_once=False, anything=False, now=11.0)
    assert urgency.due_at == 11.0 + LINGER_S
    urgency.note(["a"], at_once=False, anything=False, now=11.5)
    assert urgency.due_at == 11.0 + LINGER_S  # the first one's second, however many follow
    urgency.note(["b"], at_once=False, anything=False, now=11.6)
    assert urgency.due_at == 11.6


def test_a_fault_that_comes_again_after_a_while_goes_at_once() -> None:
    urgency = Urgency()
    urgency.note(["a"], at_once=False, anything=False, now=0.0)
    urgency.due_at = None
    urgency.note(["a"], at_once=False, anything=False, now=SEEN_S + 1)
    assert urgency.due_at == SEEN_S + 1


def test_positions_alone_are_not_due_and_gaps_are_soon() -> None:
    urgency = Urgency()
    urgency.note([], at_once=False, anything=False, now=5.0)
    assert urgency.due_at is None
    urgency.note([], at_once=False, anything=True, now=5.0)
    assert urgency.due_at == 5.0 + LINGER_S


def test_its_memory_is_bounded() -> None:
    urgency = Urgency()
    urgency.note([str(number) for number in range(SEEN_KEYS * 2)], at_once=False, anything=False, now=0.0)
    assert len(urgency._seen) == SEEN_KEYS


def test_unknown_errors_wait_for_company() -> None:
    urgency = Urgency()
    urgency.note([], at_once=False, anything=False, now=5.0, unknowns=True)
    assert urgency.due_at == 5.0 + UNKNOWN_LINGER_S
    urgency.note([], at_once=False, anything=True, now=6.0)
    assert urgency.due_at == 6.0 + LINGER_S


def test_a_new_fault_and_a_result_are_urgent_and_nothing_else_is() -> None:
    urgency = Urgency()
    urgency.note([], at_once=True, anything=True, unknowns=True, now=0.0)
    assert not urgency.is_urgent
    urgency.note([], at_once=True, anything=False, urgent=True, now=0.0)
    assert urgency.is_urgent
    urgency = Urgency()
    urgency.note(["a"], at_once=False, anything=False, now=0.0)
    assert urgency.is_urgent
