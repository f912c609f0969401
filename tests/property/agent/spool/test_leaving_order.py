"""What waits leaves urgent first, and the order inside one owner never changes, whatever comes in between."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spool import Deposit, Spool
from agent.spool.folding import owner_of
from tests.fakes.agent_parts import a_health, a_spool, an_event
from tests.fakes.collector import ManualClock
from wire.envelope import decode_batch
from wire.frame import unpack
from wire.messages import Event, Status, decode_record

DEPOSITS = st.lists(
    st.lists(
        st.tuples(st.sampled_from("ABCD"), st.integers(1, 4), st.sampled_from([Status.FIRING, Status.OK])),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=12,
)


def sent(spool: Spool, clock: ManualClock) -> list[Event]:
    clock.pass_time(60)
    batch = spool.next_batch()
    if batch is None:
        return []
    records = [decode_record(raw) for raw in decode_batch(unpack(batch.body)).records]
    spool.ack(batch.sequence)
    return [record for record in records if isinstance(record, Event)]


@settings(max_examples=60, deadline=None)
@given(deposits=DEPOSITS, sends=st.sets(st.integers(0, 12)), size=st.integers(1, 5))
def test_the_order_inside_an_owner_never_changes(
    deposits: list[list[tuple[str, int, Status]]], sends: set[int], size: int
) -> None:
    came, left = defaultdict(list), defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("agent.spool.outbox.BATCH_RECORDS", size)
        clock = ManualClock()
        spool = a_spool(Path(folder), clock)
        spool.adopt("a1")
        number = 0
        gone: list[Event] = []
        for turn, deposit in enumerate(deposits):
            events = []
            for module, level, status in deposit:
                number += 1
                events.append(an_event(number, code=f"{module}-{number}", module=module, level=level, status=status))
            spool.deposit(Deposit(events=events, health=a_health()))
            for event in events:
                came[owner_of(event)].append(event.code)
            if turn in sends:
                gone += sent(spool, clock)
        while spool.stand().usage.waiting_rows:
            gone += sent(spool, clock)
        spool.close()
    for event in gone:
        left[owner_of(event)].append(event.code)
    assert left == came


def test_after_a_week_away_a_fresh_fault_is_in_the_first_batch(tmp_path: Path) -> None:
    clock = ManualClock()
    spool = a_spool(tmp_path, clock)
    spool.adopt("a1")
    old = [an_event(code=f"OLD-{number}", module=f"M{number % 50}", level=2 + number % 3) for number in range(3_000)]
    spool.deposit(Deposit(events=old))
    spool.deposit(Deposit(events=[an_event(code="FRESH", module="M7", level=1)]))
    first = sent(spool, clock)
    codes = [event.code for event in first]
    assert "FRESH" in codes
    of_its_owner = [event.code for event in first if event.module == "M7"]
    assert of_its_owner == [event.code for event in old if event.module == "M7"] + ["FRESH"]
    assert len(old) > len(codes)
