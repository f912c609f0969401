"""Bounds at their edges: the last good value passes, the next one does not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.builders import a_gap, a_health, an_event, an_inventory
from wire import limits
from wire.errors import Malformed
from wire.messages import Record, decode_record, encode_record

EVENT: dict[str, Any] = json.loads(encode_record(an_event()))
HEALTH: dict[str, Any] = json.loads(encode_record(a_health()))
GAP: dict[str, Any] = json.loads(encode_record(a_gap()))
INVENTORY: dict[str, Any] = json.loads(encode_record(an_inventory()))
DISK = {"mount": "/", "size_bytes": 1, "used_percent": 1.0}


@pytest.mark.parametrize("record", [an_event(), a_gap(), a_health(), an_inventory()])
def test_round_trip(record: Record) -> None:
    assert decode_record(encode_record(record)) == record


def _decode(base: dict[str, Any], **fields: Any) -> Record:
    return decode_record(json.dumps({**base, **fields}).encode())


EDGES: list[tuple[dict[str, Any], str, Any, Any]] = [
    (EVENT, "level", 1, 0),
    (EVENT, "level", 4, 5),
    (EVENT, "count", 1, 0),
    (EVENT, "count", 2**53, 2**53 + 1),
    (EVENT, "line_number", 0, -1),
    (EVENT, "module", "m" * limits.CODE_CHARS, "m" * (limits.CODE_CHARS + 1)),
    (EVENT, "module", "A.b_c-1", "a b"),
    (EVENT, "code", "1", ""),
    (EVENT, "code", "a", "a\n"),
    (EVENT, "code", "a", "../a"),
    (EVENT, "code", "a", "코드"),
    (EVENT, "event_id", "0" * 16, "0" * 15),
    (EVENT, "event_id", "0" * 64, "0" * 65),
    (EVENT, "event_id", "abcdef0123456789", "ABCDEF0123456789"),
    (EVENT, "product", "p" * limits.NAME_CHARS, "p" * (limits.NAME_CHARS + 1)),
    (EVENT, "text", "x" * limits.RECORD_CHARS, "x" * (limits.RECORD_CHARS + 1)),
    (EVENT, "samples", ["s"] * limits.SAMPLES_PER_EVENT, ["s"] * (limits.SAMPLES_PER_EVENT + 1)),
    (EVENT, "before", ["l"] * limits.CONTEXT_LINES_BEFORE, ["l"] * (limits.CONTEXT_LINES_BEFORE + 1)),
    (EVENT, "after", ["l"] * limits.CONTEXT_LINES_AFTER, ["l"] * (limits.CONTEXT_LINES_AFTER + 1)),
    (EVENT, "before", ["l" * limits.LINE_CHARS], ["l" * (limits.LINE_CHARS + 1)]),
    (
        EVENT,
        "identity",
        {str(n): "" for n in range(limits.FIELDS)},
        {str(n): "" for n in range(limits.FIELDS + 1)},
    ),
    (EVENT, "fields", {"k": "v" * limits.FIELD_CHARS}, {"k": "v" * (limits.FIELD_CHARS + 1)}),
    (EVENT, "status", "ok", "OK"),
    (EVENT, "occurred_from", "read", "guess"),
    (EVENT, "history", True, 1),
    (EVENT, "occurred_at", "2026-11-24T10:00:00+09:00", "2026-11-24T10:00:00"),
    (EVENT, "occurred_at", "2026-11-24T01:00:00Z", "yesterday"),
    (EVENT, "last_at", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z"),
    (EVENT, "level", 3, "3"),
    (EVENT, "level", 3, 3.5),
    (EVENT, "level", 3, True),
    (EVENT, "level", 3, None),
    (HEALTH, "cpu_percent", 0, -0.1),
    (HEALTH, "cpu_percent", 100, 100.1),
    (HEALTH, "load_1m", 2**53, 2**53 + 2),
    (HEALTH, "cpu_count", 65_536, 65_537),
    (HEALTH, "cpu_count", 1, 0),
    (HEALTH, "memory_total_bytes", 2**53, 2**64),
    (HEALTH, "disks", [DISK] * limits.DISKS, [DISK] * (limits.DISKS + 1)),
    (HEALTH, "disks", [DISK], [{**DISK, "mount": ""}]),
    (HEALTH, "disks", [DISK], [{**DISK, "used_percent": 101}]),
    (HEALTH, "sampled_at", "2026-11-24T01:00:00Z", "2026-11-24T01:00:00"),
    (GAP, "cause", "truncated", "unknown"),
    (GAP, "bytes_lost", 0, -1),
    (GAP, "since", None, "2026-11-24T01:00:00"),
    (INVENTORY, "sources", [{"path": "/a", "position": 0}], [{"path": "", "position": 0}]),
    (INVENTORY, "hostname", "h", ""),
]


@pytest.mark.parametrize(("base", "name", "good", "bad"), EDGES)
def test_edges(base: dict[str, Any], name: str, good: Any, bad: Any) -> None:
    _decode(base, **{name: good})
    with pytest.raises(Malformed):
        _decode(base, **{name: bad})


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"1" * 5_000])
@pytest.mark.parametrize("place", [b'"cpu_percent":12.5', b'"load_1m":0.25', b'"cpu_count":4'])
def test_numbers_that_are_none(number: bytes, place: bytes) -> None:
    raw = encode_record(a_health())
    assert place in raw
    with pytest.raises(Malformed):
        decode_record(raw.replace(place, place.partition(b":")[0] + b":" + number))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"kind":"weather"}',
        b'{"kind":"event"}',
        b'{"kind":7}',
        b"\xff",
        b'{"kind":"gap","cause":"rotated","source":"\xff","noticed_at":"2026-11-24T01:00:00Z"}',
        b'{"kind":"gap","cause":"rotated","source":"\\ud800","noticed_at":"2026-11-24T01:00:00Z"}',
        b"[" * 100_000,
        b'{"kind":"gap","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        encode_record(an_event()) + b"x",
        encode_record(an_event())[:-1],
    ],
)
def test_bytes_that_are_no_record(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_record(raw)


@pytest.mark.parametrize("base", [EVENT, HEALTH, GAP, INVENTORY])
def test_every_required_field_is_required(base: dict[str, Any]) -> None:
    for name in base:
        with pytest.raises(Malformed):
            decode_record(json.dumps({key: value for key, value in base.items() if key != name}).encode())


@pytest.mark.parametrize("base", [EVENT, HEALTH, GAP, INVENTORY])
def test_unknown_fields_are_ignored(base: dict[str, Any]) -> None:
    assert _decode(base, mood={"good": [1, 2, {"very": None}]}) == _decode(base)


def test_a_zone_is_kept_as_an_instant() -> None:
    record = _decode(EVENT, occurred_at="2026-11-24T10:00:00+09:00")
    assert record == an_event()


def test_records_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        an_event().level = 1  # type: ignore[misc]


def test_raw_is_taken_as_bytes_are() -> None:
    assert decode_record(msgspec.Raw(encode_record(a_gap()))) == a_gap()
