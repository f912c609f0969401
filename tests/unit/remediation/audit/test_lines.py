from __future__ import annotations

from datetime import UTC, datetime

import pytest

from remediation.audit.lines import GENESIS, RECORD_BYTES, Entry, frame, next_hash, read_line, write_entry

ENTRY = Entry(n=1, at=datetime(2026, 11, 24, 1, 0, tzinfo=UTC), kind="seen", body={"text": "a\nb 한"})


def test_a_line_is_read_as_it_was_written() -> None:
    stored = write_entry(ENTRY)
    raw = frame(stored, next_hash(GENESIS, stored))
    assert raw.count(b"\n") == 1
    line = read_line(raw.removesuffix(b"\n"))
    assert line is not None
    assert (line.stored, line.entry) == (stored, ENTRY)
    assert line.chain == next_hash(GENESIS, stored)


@pytest.mark.parametrize(
    "raw", [b"", b"abc", b"0" * 64, b"0" * 64 + b" ", b"0" * 64 + b" {}", b"g" * 64 + b" {}", b"[" * 99_999]
)
def test_what_is_no_line_is_none(raw: bytes) -> None:
    assert read_line(raw) is None


def test_capitals_are_another_spelling_and_refused() -> None:
    stored = write_entry(ENTRY)
    raw = frame(stored, b"\xab" * 32).removesuffix(b"\n")
    assert read_line(raw) is not None
    assert read_line(raw[:64].upper() + raw[64:]) is None


def test_a_record_has_a_limit() -> None:
    with pytest.raises(ValueError, match="at most"):
        write_entry(Entry(n=1, at=ENTRY.at, kind="seen", body={"text": "x" * RECORD_BYTES}))
