from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from agent.spool import Deposit
from agent.uplink.exchange import State
from tests.fakes.agent_parts import Pair, a_health, an_event
from wire.messages import GapCause


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_nothing_waits_nothing_is_sent(pair: Pair) -> None:
    assert pair.delivery.turn() > 0
    assert pair.collector.requests == 0


def test_a_batch_is_acked_and_told(pair: Pair) -> None:
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    assert pair.delivery.turn() == 0.0
    assert [event.event_id for event in pair.collector.events()] == [f"{1:032x}"]
    assert pair.delivery.report.last_ack_at == pair.clock.now()
    assert pair.delivery.report.generation == "g1"
    assert pair.spool.place.mark == 1


def test_a_repeat_is_the_same_bytes(pair: Pair) -> None:
    pair.collector.faults.extend(["unanswered", "html"])
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    first = pair.spool.next_batch()
    pair.delivery.turn()
    pair.spool.deposit(Deposit(events=[an_event(2, code="BIL-2")]))
    again = pair.spool.next_batch()
    assert first is not None
    assert again is not None
    assert (first.sequence, first.body) == (again.sequence, again.body)
    pair.drain()
    assert len(pair.collector.events()) == 2


def test_a_clock_that_is_a_day_off_is_corrected_once_and_at_once(pair: Pair) -> None:
    pair.clock.offset = timedelta(days=1)
    pair.collector.now = lambda: pair.clock.now() - timedelta(days=1)
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    assert pair.delivery.turn() == 0.0
    assert pair.delivery.turn() == 0.0
    assert len(pair.collector.events()) == 1
    assert pair.delivery.report.clock_offset_s == pytest.approx(-86_400, abs=1)
    pair.spool.deposit(Deposit(events=[an_event(2, code="BIL-2")]))
    pair.delivery.turn()
    assert pair.collector.requests == 3  # the offset is kept


def test_a_revoked_key_rests_for_minutes_and_goes_on_later(pair: Pair) -> None:
    pair.collector.faults.append("forbidden")
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    assert pair.delivery.turn() >= 150
    assert pair.delivery.report.state is State.SHUT_OUT
    assert "key" in str(pair.delivery.report.problem)
    assert pair.delivery.turn() >= 150  # waking it does not make it ask again
    assert pair.collector.requests == 1
    pair.drain()
    assert len(pair.collector.events()) == 1
    assert pair.delivery.report.problem is None


def test_too_large_batches_are_split_in_order(pair: Pair) -> None:
    pair.collector.max_records = 3
    pair.spool.deposit(Deposit(events=[an_event(n, code=f"C-{n}") for n in range(1, 21)]))
    pair.drain()
    assert [event.event_id for event in pair.collector.events()] == [f"{n:032x}" for n in range(1, 21)]
    assert pair.collector.gaps() == []


def test_one_poison_record_is_parked_and_the_others_arrive(pair: Pair) -> None:
    pair.collector.poison = "the bad one"
    events = [an_event(n, code=f"C-{n}", text="the bad one" if n == 7 else "") for n in range(1, 21)]
    pair.spool.deposit(Deposit(events=events))
    pair.drain()
    assert {event.event_id for event in pair.collector.events()} == {f"{n:032x}" for n in range(1, 21) if n != 7}
    (gap,) = pair.collector.gaps()
    assert (gap.cause, gap.records_lost) == (GapCause.REFUSED, 1)
    assert pair.spool.stand().parked == 1


def test_a_collector_that_refuses_everything_costs_no_record(pair: Pair) -> None:
    """The negative of parking: 500 to all for a long time is the collector's trouble, not a record's."""
    pair.collector.faults.extend(["500"] * 200)
    pair.spool.deposit(Deposit(events=[an_event(n, code=f"C-{n}") for n in range(1, 9)]))
    for _ in range(150):
        pair.clock.pass_time(max(pair.delivery.turn(), 0.001))
    assert pair.spool.stand().parked == 0
    pair.collector.faults.clear()
    pair.drain()
    assert len(pair.collector.events()) == 8
    assert pair.collector.gaps() == []


def test_a_collector_that_breaks_after_it_worked_costs_no_record_either(pair: Pair) -> None:
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    pair.drain()
    pair.collector.faults.extend(["500"] * 3)
    pair.spool.deposit(Deposit(events=[an_event(2, code="BIL-2")]))
    pair.drain()
    assert len(pair.collector.events()) == 2
    assert pair.spool.stand().parked == 0


def test_a_busy_collector_is_left_alone_although_faults_come_in(pair: Pair) -> None:
    pair.collector.faults.append("503")
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    wait_s = pair.delivery.turn()
    assert wait_s > 0
    pair.spool.deposit(Deposit(events=[an_event(2, code="BIL-2")]))
    assert pair.delivery.turn() == pytest.approx(wait_s)
    assert pair.collector.requests == 1


def test_the_collectors_pacing_is_passed_on(pair: Pair) -> None:
    heard: list[tuple[float, float | None]] = []
    pair.delivery._on_interval = lambda interval_s, phase_s: heard.append((interval_s, phase_s))
    pair.collector.interval_s = 7.0
    pair.spool.deposit(Deposit(health=a_health()))
    pair.delivery.turn()
    assert heard == [(7.0, None)]


def test_the_first_report_after_a_start_has_its_turn_within_the_interval(pair: Pair) -> None:
    pair.spool.deposit(Deposit(health=a_health()))
    pair.drain()
    pair.restart()
    pair.spool.deposit(Deposit(health=a_health()))
    assert pair.delivery.turn() == pytest.approx(30.0)  # the lot says: half of a minute
    assert pair.delivery.report.state is State.STARTING
    assert pair.collector.requests == 1
    pair.clock.pass_time(29.0)
    assert pair.delivery.turn() == pytest.approx(1.0)
    pair.clock.pass_time(1.0)
    pair.delivery.turn()
    assert pair.collector.requests == 2
    pair.spool.deposit(Deposit(health=a_health()))
    pair.delivery.turn()
    assert pair.collector.requests == 3


def test_a_new_fault_does_not_wait_for_the_first_turn(pair: Pair) -> None:
    pair.spool.deposit(Deposit(health=a_health()))
    pair.drain()
    pair.restart()
    assert pair.delivery.turn() > 0
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    pair.delivery.turn()
    assert pair.collector.requests == 2


def test_what_was_under_way_at_the_end_does_not_wait_either(pair: Pair) -> None:
    pair.spool.deposit(Deposit(health=a_health()))
    pair.drain()
    pair.collector.faults.append("unanswered")
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    pair.delivery.turn()
    pair.restart()
    pair.delivery.turn()
    assert pair.collector.requests == 3


def test_a_host_that_was_just_enrolled_reports_at_once(pair: Pair) -> None:
    pair.restart()
    pair.spool.deposit(Deposit(health=a_health()))
    pair.delivery.turn()
    assert pair.collector.requests == 1


def test_a_mistake_in_the_middle_of_a_turn_does_not_stop_delivery_for_ever(pair: Pair) -> None:
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    pair.delivery._exchange.state = State.UNDER_WAY
    pair.drain()
    assert len(pair.collector.events()) == 1


def test_a_host_that_is_enrolled_again_sends_what_waits_under_its_new_name(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.collector.faults.append("lost")
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    pair.delivery.turn()
    from tests.fakes.agent_parts import an_identity

    pair.identity = an_identity(pair.collector, "a2")
    pair.restart()
    pair.drain()
    assert {place[0] for place in pair.collector.state.marks} == {"a2"}
    assert len(pair.collector.events()) == 1


def test_a_disk_that_went_back_by_one_batch_does_not_take_the_other_lifes_ack(pair: Pair, tmp_path: Path) -> None:
    """Its number was used before, for other records; a lost answer makes it look like a repeat of our own."""
    folder, copy = tmp_path, tmp_path.with_name(f"{tmp_path.name}-copy")
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    pair.drain()
    pair.spool.close()
    shutil.copytree(folder, copy)
    pair.start()
    pair.spool.deposit(Deposit(events=[an_event(2, code="BIL-2")]))
    pair.drain()
    pair.spool.close()
    shutil.rmtree(folder)
    copy.rename(folder)
    pair.start()
    pair.spool.deposit(Deposit(events=[an_event(3, code="BIL-3")]))
    pair.collector.faults.append("unanswered")
    pair.drain()
    assert [event.code for event in pair.collector.events()] == ["BIL-1", "BIL-2", "BIL-3"]
    (gap,) = pair.collector.gaps()
    assert gap.cause is GapCause.SPOOL_DAMAGED


def test_a_batch_that_had_arrived_before_it_was_broken_up_costs_nothing(pair: Pair) -> None:
    pair.collector.knows_events = True
    pair.collector.faults.extend(["unanswered", "500", "500", "500"])
    pair.spool.deposit(Deposit(events=[an_event(n, code=f"C-{n}") for n in range(1, 5)]))
    pair.drain()
    assert sorted(event.code for event in pair.collector.events()) == ["C-1", "C-2", "C-3", "C-4"]
    assert pair.spool.stand().parked == 0
    assert pair.collector.gaps() == [], "no disk went back, so none is said to have"
