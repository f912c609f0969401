from __future__ import annotations

import threading
from pathlib import Path

import pytest

from agent.spool import Deposit, SpoolFull
from agent.spool.spool import FILE_NAME, MARK_NAME
from tests.fakes.agent_parts import Pair, a_health, a_spool, an_event
from tests.fakes.collector import ManualClock
from wire.messages import Gap, GapCause, decode_record


def test_a_deposit_wakes_the_uplink(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    woken: list[bool] = []
    spool.on_deposit = lambda: woken.append(True)
    assert spool.due_in_s() is None
    spool.deposit(Deposit(events=[an_event()]))
    assert woken
    assert spool.due_in_s() == 0.0


def test_a_repeated_fault_waits_up_to_a_second(tmp_path: Path) -> None:
    clock = ManualClock()
    spool = a_spool(tmp_path, clock)
    spool.adopt("a1")
    spool.deposit(Deposit(events=[an_event()]))
    assert spool.next_batch() is not None
    spool.ack(1)
    spool.deposit(Deposit(events=[an_event()]))
    assert spool.next_batch() is None
    assert spool.due_in_s() == pytest.approx(1.0)
    clock.pass_time(1.0)
    assert spool.next_batch() is not None


def test_every_start_counts(tmp_path: Path) -> None:
    for session in (1, 2, 3):
        spool = a_spool(tmp_path)
        assert spool.place.session == session
        spool.close()


@pytest.mark.parametrize("content", [b"rubbish" * 1_000, b""])
def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, content: bytes) -> None:
    spool = a_spool(tmp_path)
    epoch = spool.place.epoch
    spool.deposit(Deposit(events=[an_event()]))
    spool.close()
    (tmp_path / FILE_NAME).write_bytes(content)
    for ending in ("-wal", "-shm"):
        (tmp_path / (FILE_NAME + ending)).unlink(missing_ok=True)
    spool = a_spool(tmp_path)
    assert spool.place.epoch != epoch
    assert spool.place.session == 2  # no second life of the same number
    (row,) = spool._read("SELECT record FROM waiting")
    gap = decode_record(row[0])
    assert isinstance(gap, Gap)
    assert gap.cause is GapCause.SPOOL_DAMAGED


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.close()
    (tmp_path / FILE_NAME).unlink()
    assert a_spool(tmp_path).stand().gaps == 1


def test_a_first_start_is_no_damage(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    assert spool.stand().gaps == 0
    spool.close()
    (tmp_path / MARK_NAME).unlink()
    assert a_spool(tmp_path).stand().gaps == 0


def test_a_file_that_breaks_while_it_is_used_is_replaced(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.deposit(Deposit(events=[an_event()]))
    spool._database.close()
    (tmp_path / FILE_NAME).write_bytes(b"broken" * 1_000)
    with pytest.raises(SpoolFull):
        spool.deposit(Deposit(events=[an_event()]))
    spool.deposit(Deposit(events=[an_event(1)]))
    assert spool.stand().gaps == 1


def test_threads_may_deposit_together(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)

    def deposit(name: str) -> None:
        for number in range(20):
            spool.deposit(Deposit(events=[an_event(code=f"{name}-{number}")]))

    threads = [threading.Thread(target=deposit, args=(name,)) for name in "ABCD"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spool.stand().usage.waiting_rows == 80


def test_months_without_a_collector_stay_within_the_limit(tmp_path: Path) -> None:
    """Health every minute, equal faults every second minute, some new ones: thirty days in steps."""
    pair = Pair(tmp_path, max_bytes=4_000_000)
    pair.collector.faults.extend(["lost"] * 100_000)
    refused = 0
    for step in range(800):
        try:
            pair.spool.deposit(
                Deposit(events=[an_event(code="BIL-1"), an_event(code=f"C-{step % 500}", text="x" * 9_000)])
            )
        except SpoolFull:
            refused += 1
        pair.spool.deposit(Deposit(health=a_health(pair.clock.now())))
        pair.delivery.turn()
        pair.later(hours=1)
    files = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert refused
    assert files <= 4_000_000
    assert pair.collector.requests < 5_000
    pair.collector.faults.clear()
    pair.drain()
    first = [event for event in pair.collector.events() if event.code == "BIL-1"]
    assert sum(event.count for event in first) == 800 - refused


def test_it_counts_what_was_ever_taken(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.deposit(Deposit(events=[an_event(1), an_event(2, code="BIL-2")]))
    first = spool.stand().usage
    assert (first.taken_events, first.taken_bytes > 400) == (2, True)
    spool.deposit(Deposit(events=[an_event(3, text="another text")]))
    second = spool.stand().usage
    assert (second.taken_events, second.taken_bytes > first.taken_bytes) == (2, True), "it was folded, and grew"
