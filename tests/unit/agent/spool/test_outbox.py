from __future__ import annotations

from pathlib import Path

import pytest

from agent.spool import Deposit, Spool
from tests.fakes.agent_parts import a_gap, a_health, a_spool, an_event
from tests.fakes.collector import ManualClock
from wire.envelope import Batch, decode_batch
from wire.frame import unpack
from wire.limits import BATCH_RECORDS
from wire.messages import Event, Gap, GapCause, Health, Inventory, decode_record


class Bench:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.spool: Spool = a_spool(folder, self.clock, keep_acked_s=100.0, keep_acked_bytes=5_000)
        self.spool.adopt("a1")

    def seal(self, *codes: str) -> Batch:
        self.spool.deposit(Deposit(events=[an_event(code=code) for code in codes]))
        self.clock.pass_time(2)
        return self.next()

    def next(self) -> Batch:
        batch = self.spool.next_batch()
        assert batch is not None
        return decode_batch(unpack(batch.body))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def codes(batch: Batch) -> list[str]:
    return [record.code for raw in batch.records if isinstance(record := decode_record(raw), Event)]


def test_a_batch_says_who_where_and_how_the_spool_stands(bench: Bench) -> None:
    batch = bench.seal("A", "B")
    assert (batch.agent, batch.sequence, batch.session) == ("a1", 1, 1)
    assert batch.epoch == bench.spool.place.epoch
    assert batch.spool.waiting == 2
    assert batch.spool.bytes > 0
    assert not batch.spool.full


def test_records_leave_in_their_order(bench: Bench) -> None:
    inventory = Inventory(taken_at=bench.clock.now(), hostname="h", os="o", kernel="k", agent_version="1")
    bench.spool.deposit(Deposit(health=a_health(), gaps=[a_gap()], events=[an_event()]))
    bench.spool.deposit(Deposit(inventory=inventory))
    kinds = [type(decode_record(raw)) for raw in bench.next().records]
    assert kinds == [Inventory, Event, Gap, Health]


def test_a_newer_inventory_replaces_the_one_that_waits(bench: Bench) -> None:
    for kernel in ("1", "2"):
        inventory = Inventory(taken_at=bench.clock.now(), hostname="h", os="o", kernel=kernel, agent_version="1")
        bench.spool.deposit(Deposit(inventory=inventory))
    (raw,) = bench.next().records
    record = decode_record(raw)
    assert isinstance(record, Inventory)
    assert record.kernel == "2"


def test_one_batch_at_a_time_and_the_rest_follows(bench: Bench) -> None:
    batch = bench.seal(*(f"C-{n}" for n in range(BATCH_RECORDS + 20)))
    assert len(batch.records) == BATCH_RECORDS
    assert bench.next().sequence == 1
    bench.spool.ack(1)
    assert len(bench.next().records) == 20


def test_acked_batches_are_kept_for_a_while(bench: Bench) -> None:
    bench.seal("A")
    bench.spool.ack(1)
    assert bench.spool.next_batch() is None
    bench.spool.resync(0, answered=1)
    assert codes(bench.next()) == ["A"]
    bench.spool.ack(1)
    bench.clock.pass_time(101)
    bench.seal("B")
    bench.spool.ack(2)
    assert [row[0] for row in bench.spool._read("SELECT sequence FROM batch")] == [2]


def test_kept_batches_are_bounded_in_bytes(bench: Bench) -> None:
    for number in range(60):
        bench.seal(f"C-{number}")
        bench.spool.ack(number + 1)
    assert 0 < bench.spool.stand().usage.kept_bytes <= 5_000


def test_a_split_keeps_order_and_numbers_without_a_hole(bench: Bench) -> None:
    bench.seal("A", "B", "C")
    bench.spool.ack(1)
    bench.seal("D")
    bench.spool.resync(0, answered=2)
    bench.spool.split(1)
    seen = []
    for sequence in (1, 2, 3):
        batch = bench.next()
        assert batch.sequence == sequence
        seen.append(codes(batch))
        bench.spool.ack(sequence)
    assert seen == [["A"], ["B", "C"], ["D"]]
    assert bench.spool.place.sealed == 3


def test_a_batch_of_one_splits_into_an_empty_one_and_itself(bench: Bench) -> None:
    bench.seal("A")
    bench.spool.split(1)
    assert bench.next().records == []
    bench.spool.ack(1)
    assert codes(bench.next()) == ["A"]


def test_a_parked_record_leaves_a_gap_in_its_place(bench: Bench) -> None:
    bench.seal("A")
    bench.spool.park(1, "refused with 500")
    (raw,) = bench.next().records
    gap = decode_record(raw)
    assert isinstance(gap, Gap)
    assert (gap.cause, gap.records_lost, gap.detail) == (GapCause.REFUSED, 1, "refused with 500")
    assert bench.spool.stand().parked == 1


def test_a_new_epoch_numbers_from_one_and_says_why(bench: Bench) -> None:
    before = bench.seal("A").epoch
    bench.spool.start_epoch("because")
    batch = bench.next()
    assert (batch.sequence, codes(batch)) == (1, ["A"])
    assert batch.epoch != before
    bench.spool.ack(1)
    (raw,) = bench.next().records
    gap = decode_record(raw)
    assert isinstance(gap, Gap)
    assert gap.detail == "because"


def test_the_count_of_what_it_holds_is_true_after_everything(bench: Bench, tmp_path: Path) -> None:
    bench.seal("A", "B", "C")
    bench.spool.split(1)
    bench.spool.ack(1)
    bench.spool.start_epoch("x")
    bench.seal("D")
    usage, place = bench.spool.stand().usage, bench.spool.place
    bench.spool.close()
    again = a_spool(tmp_path)
    assert again.stand().usage == usage
    assert (again.place.epoch, again.place.sealed, again.place.mark) == (place.epoch, place.sealed, place.mark)
    assert again.place.session == place.session + 1
