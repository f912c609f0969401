"""Spool and delivery against a scripted collector: whatever happens, nothing is lost and nothing doubled."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent.spool import Deposit
from tests.fakes.agent_parts import Pair, a_gap, a_health, an_event
from tests.fakes.collector import State
from wire.messages import Event, Gap, GapCause, decode_record

FAULTS = ["ok", "lost", "unanswered", "500", "503", "429", "html", "forged", "forbidden"]


class DeliveryModel(RuleBasedStateMachine):
    """Counts every single event by its fold key; the sum at the collector must be the sum deposited.

    `refuses`: the collector also answers 500, after which a batch is broken up. When the very batch had been
    applied before and its answer was lost, half of it is delivered again under a new number: then it is
    the event's id that keeps it from counting twice, as at the real collector. Otherwise the numbers
    alone must suffice.
    """

    refuses = False

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="delivery-"))
        self.pair = Pair(self.folder)
        self.pair.collector.knows_events = self.refuses
        self.deposited: Counter[str] = Counter()
        self.gaps = 0
        self.backup: tuple[State, Counter[str]] | None = None
        self.copy: Path | None = None
        self.is_rolled_back = False

    @rule(codes=st.lists(st.sampled_from(["A-1", "A-2", "A-3"]), min_size=1, max_size=6))
    def deposit_events(self, codes: list[str]) -> None:
        self.pair.spool.deposit(Deposit(events=[an_event(code=code) for code in codes]))
        self.deposited.update(codes)

    @rule()
    def deposit_gap_and_health(self) -> None:
        self.pair.spool.deposit(Deposit(gaps=[a_gap()], health=a_health(self.pair.clock.now())))
        self.gaps += 1

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=4), turns=st.integers(1, 5))
    def deliver_badly(self, faults: list[str], turns: int) -> None:
        self.pair.collector.faults.extend(fault for fault in faults if self.refuses or fault != "500")
        for _ in range(turns):
            self.pair.clock.pass_time(max(self.pair.delivery.turn(), 0.001))

    @rule()
    def restart(self) -> None:
        self.pair.restart()

    @rule()
    def clock_jumps(self) -> None:
        self.pair.collector.now = _shifted(self.pair, 86_400.0)

    @rule()
    def collector_is_backed_up(self) -> None:
        self.backup = (self.pair.collector.backup(), self.deposited.copy())

    @precondition(lambda self: self.backup is not None)
    @rule()
    def collector_is_restored(self) -> None:
        assert self.backup is not None
        self.pair.collector.state = self.backup[0]
        self.backup = None

    @invariant()
    def nothing_is_doubled_yet(self) -> None:
        if not hasattr(self, "pair"):
            return
        assert all(got <= self.deposited[code] for code, got in self._received().items())
        applied = self.pair.collector.state.applied
        assert len(applied) == len(set(applied))

    def _received(self) -> Counter[str]:
        received: Counter[str] = Counter()
        for event in self.pair.collector.events():
            received[event.code] += event.count
        return received

    def teardown(self) -> None:
        if not hasattr(self, "pair"):
            return
        self.pair.collector.faults.clear()
        # a restored collector is noticed with the next answer, as there is always a next heartbeat
        self.pair.spool.deposit(Deposit(health=a_health(self.pair.clock.now())))
        self.pair.drain()
        parked = [decode_record(row[0]) for row in self.pair.spool._read("SELECT record FROM parked")]
        unheard = [record for record in parked if record not in self.pair.collector.state.records]
        assert sum(gap.cause is GapCause.REFUSED for gap in self.pair.collector.gaps()) >= len(unheard)
        here = Counter({"": 0})
        for record in unheard:  # kept here, and told there by a gap
            here.update({record.code: record.count} if isinstance(record, Event) else {})
        assert +(self._received() + here) == self.deposited
        log_gaps = sum(1 for gap in [*self.pair.collector.gaps(), *parked] if _is_of_log(gap))
        assert log_gaps >= self.gaps if self.refuses else log_gaps == self.gaps
        lost = [gap for gap in self.pair.collector.gaps() if gap.cause is GapCause.SPOOL_DAMAGED]
        assert lost == []
        assert self.pair.spool.stand().usage.waiting_rows == 0
        self.pair.spool.close()
        shutil.rmtree(self.folder)


def _is_of_log(record: object) -> bool:
    return isinstance(record, Gap) and record.cause is GapCause.ROTATED


def _shifted(pair: Pair, seconds: float) -> Callable[[], datetime]:
    return lambda: pair.clock.now() + timedelta(seconds=seconds)


class RefusingModel(DeliveryModel):
    """The same with a collector that breaks down in the middle."""

    refuses = True


TestDeliveryModel = DeliveryModel.TestCase
TestDeliveryModel.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestRefusingModel = RefusingModel.TestCase
TestRefusingModel.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_the_model_can_fail(tmp_path: Path) -> None:
    """The negative control: a collector that forgets a batch without lowering its mark is caught."""
    pair = Pair(tmp_path)
    pair.spool.deposit(Deposit(events=[an_event()]))
    pair.drain()
    pair.collector.state.records.clear()
    pair.spool.deposit(Deposit(health=a_health()))
    pair.drain()
    assert pair.collector.events() == []


def _copy_of(folder: Path, to: Path) -> None:
    shutil.copytree(folder, to)


def test_a_disk_that_goes_back_in_time_loses_nothing_and_says_so(tmp_path: Path) -> None:
    """A snapshot of the machine is put back after more was delivered: new epoch, no sequence is used twice."""
    folder, copied = tmp_path / "state", tmp_path / "copy"
    folder.mkdir()
    pair = Pair(folder)
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    pair.drain()
    pair.spool.close()
    _copy_of(folder, copied)

    pair.start()
    for number in range(2, 5):
        pair.spool.deposit(Deposit(events=[an_event(number)]))
        pair.drain()
    pair.spool.close()
    shutil.rmtree(folder)
    copied.rename(folder)

    pair.start()
    epoch = pair.spool.place.epoch
    pair.spool.deposit(Deposit(events=[an_event(9, text="after the snapshot")]))
    pair.drain()
    assert pair.spool.place.epoch != epoch
    assert [event.event_id for event in pair.collector.events()].count(f"{9:032x}") == 1
    assert {event.event_id for event in pair.collector.events()} == {f"{n:032x}" for n in (1, 2, 3, 4, 9)}
    assert [gap.cause for gap in pair.collector.gaps()] == [GapCause.SPOOL_DAMAGED]


def test_a_snapshot_exactly_one_batch_old_is_noticed_too(tmp_path: Path) -> None:
    folder, copied = tmp_path / "state", tmp_path / "copy"
    folder.mkdir()
    pair = Pair(folder)
    pair.spool.close()
    _copy_of(folder, copied)
    pair.start()
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    pair.drain()
    pair.spool.close()
    shutil.rmtree(folder)
    copied.rename(folder)
    pair.start()
    pair.spool.deposit(Deposit(events=[an_event(2)]))  # sealed as batch 1 again, and batch 1 is a duplicate
    pair.drain()
    assert {event.event_id for event in pair.collector.events()} == {f"{1:032x}", f"{2:032x}"}


def test_a_batch_delivered_twice_on_the_way_counts_once(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.spool.deposit(Deposit(events=[an_event(1)]))
    pair.drain()
    pair.collector.faults.append("twice")
    pair.spool.deposit(Deposit(events=[an_event(2)]))
    pair.drain()
    assert [event.event_id for event in pair.collector.events()] == [f"{1:032x}", f"{2:032x}"]
    assert pair.collector.gaps() == []


def test_a_collector_restored_further_back_than_we_keep(tmp_path: Path) -> None:
    pair = Pair(tmp_path, keep_acked_s=10.0)
    backup = pair.collector.backup()
    for number in range(1, 4):
        pair.spool.deposit(Deposit(events=[an_event(number)]))
        pair.drain()
        pair.later(seconds=8)
    pair.collector.state = backup
    pair.spool.deposit(Deposit(events=[an_event(4)]))
    pair.drain()
    ids = [event.event_id for event in pair.collector.events()]
    assert f"{4:032x}" in ids
    assert len(ids) == len(set(ids))
    (gap,) = [record for record in pair.collector.state.records if isinstance(record, Gap)]
    assert gap.cause is GapCause.SPOOL_DAMAGED
    assert "no longer kept" in gap.detail
