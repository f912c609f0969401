from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.builders import NOW, a_batch, a_health, a_reply, an_event
from wire import envelope, limits
from wire.envelope import Verdict, judge_mark
from wire.errors import Malformed
from wire.messages import decode_record

REFUSAL = envelope.Refusal(error="clock_skew", detail="signed 400 s away", time=NOW)


@pytest.mark.parametrize(
    ("mark", "sequence", "acked", "sealed", "verdict"),
    [
        (1, 1, 0, 1, Verdict.ACKED),
        (7, 7, 6, 9, Verdict.ACKED),
        (9, 7, 6, 9, Verdict.ACKED),  # later batches were applied before: an answer was lost
        (6, 7, 6, 9, Verdict.RESYNC),  # 200, and yet this batch is not applied
        (5, 7, 6, 9, Verdict.RESYNC),  # less than was acked: restored
        (0, 7, 6, 9, Verdict.RESYNC),  # a new database
        (0, 1, 0, 1, Verdict.RESYNC),
        (10, 7, 6, 9, Verdict.NEW_EPOCH),  # more than was ever sealed: our disk went back
        (2, 1, 0, 1, Verdict.NEW_EPOCH),
        (3, 2, 4, 9, Verdict.RESYNC),  # a repeat of an old one after a restore
    ],
)
def test_what_a_mark_means(mark: int, sequence: int, acked: int, sealed: int, verdict: Verdict) -> None:
    assert judge_mark(mark, sequence=sequence, acked=acked, sealed=sealed) is verdict


@pytest.mark.parametrize(
    ("duplicate", "known", "is_doubtful", "expected"),
    [
        (False, "", False, False),
        (False, "", True, False),
        (True, "aa" * 32, False, False),  # a repeat after a lost answer
        (True, "aa" * 32, True, False),
        (True, "bb" * 32, False, True),
        (True, "bb" * 32, True, True),  # even if it was sent before: the number was taken by other bytes
        (True, "", True, False),
        (True, "", False, True),
    ],
)
def test_a_duplicate_of_what_was_never_sent(duplicate: bool, known: str, is_doubtful: bool, expected: bool) -> None:
    reply = a_reply(duplicate=duplicate, digest=known)
    assert envelope.is_another_life(reply, digest="aa" * 32, is_doubtful=is_doubtful) is expected


def test_batch_round_trip_and_its_records() -> None:
    batch = a_batch(an_event(), a_health(), spool=envelope.Spool(bytes=10, waiting=2, full=True))
    again = envelope.decode_batch(envelope.encode(batch))
    assert [decode_record(raw) for raw in again.records] == [an_event(), a_health()]
    assert again.spool == batch.spool
    assert envelope.encode(again) == envelope.encode(batch)


def test_a_bad_record_does_not_spoil_the_batch() -> None:
    plain = envelope.encode(a_batch(an_event())).replace(b'"records":[', b'"records":[{"kind":"weather"},')
    records = envelope.decode_batch(plain).records
    with pytest.raises(Malformed):
        decode_record(records[0])
    assert decode_record(records[1]) == an_event()


def test_reply_round_trip() -> None:
    document = envelope.Document(kind="catalogue", media_type="application/yaml", content=b"\x00\xff")
    reply = a_reply(documents=[document], duplicate=True, parked=3)
    assert envelope.decode_reply(envelope.encode(reply)) == reply


def test_refusal_round_trip() -> None:
    assert envelope.decode_refusal(envelope.encode(REFUSAL)) == REFUSAL


BATCH = json.loads(envelope.encode(a_batch()))
REPLY = json.loads(envelope.encode(a_reply()))


@pytest.mark.parametrize(
    ("decode", "base", "name", "good", "bad"),
    [
        (envelope.decode_batch, BATCH, "sequence", 1, 0),
        (envelope.decode_batch, BATCH, "sequence", 2**53, 2**53 + 1),
        (envelope.decode_batch, BATCH, "session", 0, -1),
        (envelope.decode_batch, BATCH, "protocol", 1_000, 1_001),
        (envelope.decode_batch, BATCH, "protocol", 1, 0),
        (envelope.decode_batch, BATCH, "epoch", "0" * 16, "0" * 17),
        (envelope.decode_batch, BATCH, "epoch", "f" * 16, "F" * 16),
        (envelope.decode_batch, BATCH, "epoch", "f" * 16, "f" * 16 + "\n"),
        (envelope.decode_batch, BATCH, "agent", "a" * 64, "a" * 65),
        (envelope.decode_batch, BATCH, "agent", "A-_9", "a/b"),
        (envelope.decode_batch, BATCH, "sealed_at", "2026-11-24T01:00:00Z", "2026-11-24T01:00:00"),
        (
            envelope.decode_batch,
            BATCH,
            "records",
            [{}] * limits.BATCH_RECORDS_MAX,
            [{}] * (limits.BATCH_RECORDS_MAX + 1),
        ),
        (envelope.decode_batch, BATCH, "spool", {"bytes": 0}, {"bytes": -1}),
        (envelope.decode_reply, REPLY, "interval_s", 0.1, 0.05),
        (envelope.decode_reply, REPLY, "interval_s", 86_400, 86_401),
        (envelope.decode_reply, REPLY, "mark", 0, -1),
        (envelope.decode_reply, REPLY, "protocol", 1, 2**64),
        (envelope.decode_reply, REPLY, "generation", "g", ""),
        (envelope.decode_reply, REPLY, "documents", [], [{"kind": "k", "media_type": "m", "content": "not base64"}]),
    ],
)
def test_edges(decode: Callable[[bytes], Any], base: dict[str, Any], name: str, good: Any, bad: Any) -> None:
    decode(json.dumps({**base, name: good}).encode())
    with pytest.raises(Malformed):
        decode(json.dumps({**base, name: bad}).encode())


@pytest.mark.parametrize("decode", [envelope.decode_batch, envelope.decode_reply, envelope.decode_refusal])
@pytest.mark.parametrize("raw", [b"", b"[]", b"<html>407</html>", b"\xff\xfe", b"{" * 50_000, b'{"a":' * 50_000])
def test_bytes_that_are_no_envelope(decode: Callable[[bytes], Any], raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode(raw)
