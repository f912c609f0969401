from __future__ import annotations

from agent.courier.head_times import LATEST_S, LOOK_S, SOON_S, HeadTimes
from remediation.executor.model import HeadGiven
from tests.fakes.executor import AT
from wire.documents.heads import AuditHead


def given(size: int, secured: int = 0) -> HeadGiven:
    return HeadGiven(head=AuditHead(agent="a1", size=size, chain="ab" * 32, root="cd" * 32, at=AT), secured=secured)


def test_due_at_the_start_and_after_a_change() -> None:
    times = HeadTimes()
    assert times.is_due(0)
    times.note_sent(0, given(5, 5))
    assert not times.is_due(LOOK_S - 1)
    times.note_change()
    assert times.is_due(1)
    times.note_sent(1, given(6, 5))
    assert not times.is_due(SOON_S)
    assert times.is_due(1 + SOON_S)


def test_a_head_that_nobody_countersigns_is_offered_ever_more_rarely() -> None:
    times, now = HeadTimes(), 0.0
    waits = []
    for _ in range(9):
        times.note_sent(now, given(5))
        start = now
        while not times.is_due(now):
            now += 10
        waits.append(now - start)
    assert waits[:3] == [SOON_S, 2 * SOON_S, 4 * SOON_S]
    assert waits[-1] == LATEST_S
    times.note_sent(now, given(6))
    assert times.is_due(now + SOON_S)


def test_where_there_is_no_executor_one_looks_now_and_then() -> None:
    times = HeadTimes()
    times.note_sent(0, None)
    assert not times.is_due(LOOK_S - 1)
    assert times.is_due(LOOK_S)
