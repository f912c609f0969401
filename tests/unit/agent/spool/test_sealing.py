from __future__ import annotations

import random

import msgspec
import pytest

from agent.spool.sealing import choose, is_sendable, records_of, reseal, seal
from tests.fakes.agent_parts import an_event
from wire.envelope import Batch, decode_batch, raw_records
from wire.frame import check_strict, unpack
from wire.limits import BATCH_PLAIN_BYTES, BATCH_RECORDS, BODY_BYTES
from wire.messages import EXAMPLE_TIME


def a_batch(records: list[msgspec.Raw]) -> Batch:
    return Batch(agent="a1", epoch="00000000000000aa", sequence=7, session=1, sealed_at=EXAMPLE_TIME, records=records)


def test_a_batch_takes_what_fits() -> None:
    assert choose([10] * 1_000) == BATCH_RECORDS
    assert choose([BATCH_PLAIN_BYTES // 4] * 10) == 4
    assert choose([BATCH_PLAIN_BYTES * 3, 10]) == 1
    assert choose([10, 10]) == 2


def test_sealing_the_same_twice_gives_the_same_bytes() -> None:
    batch = a_batch(raw_records([an_event(1)]))
    assert seal(batch) == seal(batch)
    assert decode_batch(unpack(seal(batch))).records == batch.records


@pytest.mark.parametrize("count", [1, 50, 400])
def test_however_well_it_compresses_the_collector_takes_it(count: int) -> None:
    """Equal records compress a thousand to one; the frame's bomb limit must not refuse them."""
    batch = a_batch(raw_records([an_event(1, text="A" * 60_000 if count == 1 else "equal " * 100)]) * count)
    body = seal(batch)
    plain = unpack(body)
    check_strict(plain)
    assert decode_batch(plain).records == batch.records


def test_a_renumbered_batch_holds_the_same_records() -> None:
    records = raw_records([an_event(number) for number in range(3)])
    body, count = reseal(seal(a_batch(records)), agent="a2", epoch="00000000000000bb", sequence=1)
    batch = decode_batch(unpack(body))
    assert (batch.agent, batch.epoch, batch.sequence, count) == ("a2", "00000000000000bb", 1, 3)
    assert records_of(body) == records


def test_a_renumbered_batch_can_take_other_records() -> None:
    body, count = reseal(seal(a_batch(raw_records([an_event()]))), agent="a", epoch="0" * 16, sequence=1, records=[])
    assert (count, records_of(body)) == (0, [])


def test_what_is_over_the_body_limit_is_not_sendable() -> None:
    noise = random.Random(1).randbytes(BODY_BYTES + 1)
    assert not is_sendable(noise)
    assert is_sendable(noise[:-1])
