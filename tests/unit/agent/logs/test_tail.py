from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.logs.cursor import begin
from agent.logs.opening import open_seen
from agent.logs.rules import compile_source
from agent.logs.tail import CHUNK_BYTES, CHUNKS_PER_STEP, Tail
from agent.settings.model import RecordRule, Source
from tests.builders import NOW
from tests.fakes.logs import CATALOGUE, numbered, numbers
from wire.messages import GapCause, RecordEnd


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "c.yaml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "app.log").touch()
    return tmp_path / "app.log"


@pytest.fixture
def opened() -> Iterator[list[Tail]]:
    tails: list[Tail] = []
    yield tails
    for tail in tails:
        tail.close()


def open_tail(log: Path, opened: list[Tail], record: RecordRule | None = None, encoding: str = "utf-8") -> Tail:
    source = Source(name="app", path=str(log), catalogue=str(log.parent / "c.yaml"), record=record, encoding=encoding)
    descriptor, seen = open_seen(str(log))
    tail = Tail(descriptor, compile_source(source), begin("app", str(log), seen), NOW)
    opened.append(tail)
    return tail


def append(log: Path, text: str | bytes) -> None:
    with log.open("ab") as file:
        file.write(text.encode() if isinstance(text, str) else text)


def test_some_chunks_a_step(log: Path, opened: list[Tail]) -> None:
    append(log, b"x" * 99 + b"\n")
    append(log, (b"y" * 99 + b"\n") * 48_000)
    tail = open_tail(log, opened)
    steps = [tail.step(NOW) for _ in range(4)]
    assert [step.more for step in steps] == [True, True, False, False]
    assert tail.cursor.position == 4_800_100
    assert CHUNK_BYTES * CHUNKS_PER_STEP < 4_800_100 / 2


def test_an_unfinished_line_waits(log: Path, opened: list[Tail]) -> None:
    tail = open_tail(log, opened)
    append(log, numbered(1) + "2026 ERROR num")
    assert numbers(tail.step(NOW).events) == [1]
    assert (tail.cursor.position, tail.cursor.line_number) == (len(numbered(1)), 1)
    append(log, "ber 2\n")
    assert numbers(tail.step(NOW).events) == [2]


def test_a_cut_file_is_read_from_its_beginning_and_what_was_held_is_kept(log: Path, opened: list[Tail]) -> None:
    append(log, numbered(1) + "ERROR number 2")
    tail = open_tail(log, opened)
    tail.step(NOW)
    os.truncate(log, 0)
    append(log, numbered(3))
    step = tail.step(NOW + timedelta(seconds=1))
    assert numbers(step.events) == [2]  # it had been read, and will not come again
    assert [gap.cause for gap in step.gaps] == [GapCause.TRUNCATED]
    assert step.truncated
    assert step.truncated.position == len(numbered(1)) + len("ERROR number 2")
    assert step.more
    assert (tail.cursor.generation, tail.cursor.position) == (1, 0)
    assert numbers(tail.step(NOW).events) == [3]


def test_what_was_seen_and_not_read_is_counted(log: Path, opened: list[Tail]) -> None:
    append(log, (b"z" * (CHUNK_BYTES - 1) + b"\n") * CHUNKS_PER_STEP + b"unread\n")
    tail = open_tail(log, opened)
    tail.step(NOW)
    os.truncate(log, 10)
    (gap,) = tail.step(NOW).gaps
    assert (gap.from_byte, gap.bytes_lost) == (CHUNK_BYTES * CHUNKS_PER_STEP, len(b"unread\n"))


def test_a_file_that_was_overwritten_at_equal_length_is_noticed(log: Path, opened: list[Tail]) -> None:
    append(log, numbered(1))
    tail = open_tail(log, opened)
    tail.step(NOW)
    assert tail.step(NOW).events == []
    log.write_text(numbered(2))
    os.utime(log, ns=(0, 1))
    assert [gap.cause for gap in tail.step(NOW).gaps] == [GapCause.TRUNCATED]
    assert numbers(tail.step(NOW).events) == [2]


def test_a_record_ends_by_silence(log: Path, opened: list[Tail]) -> None:
    tail = open_tail(log, opened, RecordRule(start="^2026", silence_s=0.5))
    append(log, numbered(1) + "  at x\n")
    tail.step(NOW)
    assert tail.silence_left(NOW + timedelta(seconds=0.2)) == timedelta(seconds=0.3)
    assert tail.step(NOW + timedelta(seconds=0.4)).events == []
    (event,) = tail.step(NOW + timedelta(seconds=0.5)).events
    assert (event.ended_by, event.text) == (RecordEnd.SILENCE, numbered(1) + "  at x")
    assert tail.silence_left(NOW) is None


def test_a_clock_that_is_set_back_delays_no_record_for_long(log: Path, opened: list[Tail]) -> None:
    tail = open_tail(log, opened, RecordRule(start="^2026", silence_s=0.5))
    append(log, numbered(1))
    tail.step(NOW)
    back = NOW - timedelta(days=365)
    assert tail.step(back).events == []
    assert numbers(tail.step(back + timedelta(seconds=0.5)).events) == [1]


def test_the_end_of_a_file_ends_line_and_record(log: Path, opened: list[Tail]) -> None:
    tail = open_tail(log, opened, RecordRule(start="^2026"))
    append(log, numbered(1) + "  at the end")
    tail.step(NOW)
    (event,) = tail.finish(NOW).events
    assert (event.ended_by, event.text) == (RecordEnd.EOF, numbered(1) + "  at the end")
    assert tail.cursor.position == log.stat().st_size


def test_new_rules_read_again_what_was_not_complete(log: Path, opened: list[Tail]) -> None:
    tail = open_tail(log, opened, RecordRule(start="^2026"))
    append(log, numbered(1) + "ERROR num")
    tail.step(NOW)
    plain = Source(name="app", path=str(log), catalogue=str(log.parent / "c.yaml"))
    tail.change_rules(compile_source(plain))
    append(log, "ber 2\n")
    assert numbers(tail.step(NOW).events) == [1, 2]


def test_an_empty_file_gets_its_byte_order_later(log: Path, opened: list[Tail]) -> None:
    tail = open_tail(log, opened, encoding="utf-16")
    tail.step(NOW)
    append(log, "﻿".encode("utf-16-be") + "timeout of ward\n".encode("utf-16-be"))
    assert [event.text for event in tail.step(NOW).events] == ["timeout of ward"]


def test_a_deleted_file_is_still_read(log: Path, opened: list[Tail]) -> None:
    append(log, numbered(1))
    tail = open_tail(log, opened)
    assert not tail.is_unlinked()
    log.unlink()
    assert tail.is_unlinked()
    assert numbers(tail.step(NOW).events) == [1]


def test_a_burst_over_many_chunks_is_one_event(log: Path, opened: list[Tail]) -> None:
    append(log, b"2026 ERROR number 7 again\n" * 70_000)
    tail = open_tail(log, opened)
    (event,) = tail.step(NOW).events
    assert tail.cursor.position > CHUNK_BYTES * 2
    assert (event.count, event.identity, event.samples) == (70_000, {"number": "7"}, [])


def test_errors_without_a_code_are_told_by_template(log: Path, opened: list[Tail]) -> None:
    append(log, "".join(f"2026 ERROR of pump {number}\n" for number in range(30)))
    step = open_tail(log, opened).step(NOW)
    assert step.events == []
    assert [(unknown.count, unknown.severity) for unknown in step.unknowns] == [(30, "ERROR")]


def test_what_was_found_before_a_read_failed_is_not_lost(
    log: Path, opened: list[Tail], monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, numbered(1) + "x" * 99 + "\n")
    append(log, (b"y" * 99 + b"\n") * 12_000)
    tail = open_tail(log, opened)
    read, calls = tail.log.read, list[int]()

    def fail_later(size: int, at: int) -> bytes:
        calls.append(at)
        if len(calls) > 1:
            raise OSError(5, "Input/output error")
        return read(size, at)

    monkeypatch.setattr(tail.log, "read", fail_later)
    step = tail.step(NOW)
    assert numbers(step.events) == [1]
    assert 0 < tail.cursor.position <= CHUNK_BYTES
    with pytest.raises(OSError, match="Input/output"):
        tail.step(NOW)
