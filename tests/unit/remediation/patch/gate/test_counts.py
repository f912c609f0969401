"""Counted by slots of five seconds, without a break, bounded; what is not fresh or not whole is no count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from remediation.patch.gate.counts import (
    FILE_BYTES,
    FRESH,
    KEPT_S,
    PAUSE,
    PRODUCTS,
    SLOT_S,
    ErrorFile,
    begun,
    counted,
    during,
    read,
    write,
)

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_file(*seen: tuple[float, int], product: str = "his") -> ErrorFile:
    file = ErrorFile(since=START, written_at=START)
    for seconds, errors in seen:
        file = counted(file, [(product, errors)], at(seconds))
    return file


def test_both_edges_of_the_time_that_is_asked_for() -> None:
    file = counted(a_file((600, 1), (1_200, 10)), (), at(1_800))
    assert during(file, "his", 1_200 + SLOT_S, at(1_800)) == 11
    assert during(file, "his", 1_200, at(1_800)) == 10, "a slot that begins before it is not inside"
    assert during(file, "his", 600 - SLOT_S, at(1_800)) == 0
    assert during(file, "other", 600, at(1_800)) == 0


def test_not_counted_for_so_long_is_no_count() -> None:
    file = counted(a_file(), (), at(3_600))
    assert during(file, "his", 3_600, at(3_600)) == 0
    assert during(file, "his", 3_601, at(3_600)) is None


def test_a_file_that_nobody_writes_any_more_is_none() -> None:
    file = counted(a_file(), (), at(3_600))
    assert during(file, "his", 60, at(3_600) + PAUSE) == 0
    assert during(file, "his", 60, at(3_600) + PAUSE + timedelta(seconds=1)) is None
    assert during(file, "his", 60, at(3_600) - FRESH) == 0
    assert during(file, "his", 60, at(3_600) - FRESH - timedelta(seconds=1)) is None


def test_a_restart_goes_on_and_a_longer_stop_begins_anew() -> None:
    file = counted(a_file((10, 3)), (), at(3_600))
    assert begun(write(file), at(3_600) + PAUSE) == file
    assert begun(write(file), at(3_601) + PAUSE).since == at(3_601) + PAUSE
    assert begun(b"", at(1)).since == at(1)


def test_a_clock_that_went_back_begins_anew() -> None:
    file = counted(a_file((10, 3)), (), at(3_600))
    assert counted(file, [("his", 1)], at(3_600) - FRESH).since == START
    again = counted(file, [("his", 1)], at(3_000))
    assert (again.since, during(again, "his", 0.0, at(3_000))) == (at(3_000), 0)


def test_old_slots_go_and_all_is_bounded() -> None:
    file = a_file(*((float(second), 1) for second in range(0, KEPT_S + 3_600, 1)))
    assert len(file.products["his"]) <= KEPT_S // SLOT_S + 1
    assert read(write(file)) == file
    for number in range(PRODUCTS + 5):
        file = counted(file, [(f"p{number}", 1)], at(KEPT_S + 3_600))
    assert len(file.products) == PRODUCTS
    full = ErrorFile(
        since=START,
        written_at=START,
        products={f"p{number:0>100}": [(2**30 + slot, 10**6) for slot in range(1_440)] for number in range(PRODUCTS)},
    )
    assert len(write(full)) < FILE_BYTES
    assert read(write(full)) == full


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"version":2,"since":"2026-11-24T01:00:00Z","written_at":"2026-11-24T01:00:00Z"}',
        b'{"since":"2026-11-24T01:00:00","written_at":"2026-11-24T01:00:00Z"}',
        b'{"since":"2026-11-24T01:00:00Z","written_at":"2026-11-24T01:00:00Z","products":{"his":[[1,-5]]}}',
        b'{"since":"2026-11-24T01:00:00Z","written_at":"2026-11-24T01:00:00Z","more":1}',
    ],
)
def test_what_is_no_file_of_counts(raw: bytes) -> None:
    assert read(raw) is None


def test_one_that_is_too_large() -> None:
    raw = write(a_file())
    assert read(raw + b" " * (FILE_BYTES - len(raw))) is not None
    assert read(raw + b" " * (FILE_BYTES + 1 - len(raw))) is None
    assert msgspec.json.decode(raw)["version"] == 1
