from __future__ import annotations

from datetime import timedelta

from agent.spool import Cursor, Deposit
from agent.spool.ring import Ring
from tests.fakes.agent_parts import a_gap, a_health, an_event
from wire.messages import EXAMPLE_TIME


def at(minute: int) -> Deposit:
    return Deposit(health=a_health(EXAMPLE_TIME + timedelta(minutes=minute)))


def test_samples_give_way_to_newer_ones_and_are_counted() -> None:
    ring = Ring(3)
    assert all(ring.keep(at(minute)) for minute in range(5))
    *samples, last = ring.deposits()
    assert [sample.health for sample in samples] == [at(minute).health for minute in (2, 3, 4)]
    (gap,) = last.gaps
    assert (gap.records_lost, gap.since, gap.until) == (2, EXAMPLE_TIME, EXAMPLE_TIME + timedelta(minutes=1))
    assert len(ring) == 3


def test_faults_and_gaps_never_give_way() -> None:
    ring = Ring(2)
    fault, gap = Deposit(events=[an_event(1)]), Deposit(gaps=[a_gap()])
    assert ring.keep(at(0))
    assert ring.keep(fault)
    assert ring.keep(gap)
    assert not ring.keep(Deposit(events=[an_event(2)]))
    assert [*ring.deposits()[0].events, *ring.deposits()[1].gaps] == [*fault.events, *gap.gaps]
    assert ring.deposits()[-1].gaps[0].records_lost == 1


def test_the_newest_threshold_states_stay() -> None:
    ring = Ring(1)
    ring.keep(Deposit(health=a_health(), levels=[("a", "firing"), ("b", "ok")], history=[("s", 1, 2.0)]))
    ring.keep(Deposit(health=a_health(), levels=[("a", "ok")], history=[("s", 1, 3.0)]))
    state = ring.deposits()[-1]
    assert (state.levels, state.history) == ([("a", "ok"), ("b", "ok")], [("s", 1, 3.0)])


def test_what_can_be_had_again_is_not_taken() -> None:
    ring = Ring()
    assert not ring.keep(Deposit(gaps=[a_gap()], cursors=[Cursor("app", "/l", 1, 2, "h", 4, 0, 1, 1)]))
    assert not ring
