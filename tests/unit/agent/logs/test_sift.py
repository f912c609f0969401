from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.logs.cursor import Seen, begin
from agent.logs.decode import Splitter
from agent.logs.judging import Place, Taken
from agent.logs.rules import compile_source
from agent.logs.sift import Sifter
from agent.settings.model import RecordRule, Source
from agent.spool.port import Cursor
from tests.builders import NOW
from tests.fakes.logs import CATALOGUE
from wire.messages import GapCause, RecordEnd, Status, TimeOrigin

HEAD = b"ERROR number 1\n"


class Bench:
    """A sifter with its splitter over bytes in memory."""

    def __init__(self, folder: Path, cursor: Cursor | None = None, *, limit: int = 1_000_000, **source: Any) -> None:
        (folder / "c.yaml").write_text(CATALOGUE, encoding="utf-8")
        given = {"name": "app", "path": "/log/app.log", "catalogue": str(folder / "c.yaml"), **source}
        self.rules = compile_source(Source(**given))
        self.cursor = cursor or begin("app", "/log/app.log", Seen(1, 7, len(HEAD), HEAD))
        self.splitter = Splitter(self.rules.encoding, self.cursor.position, limit)
        self.sifter = Sifter(self.rules, self.rules.encoding, self.cursor.position, self.cursor.line_number)

    def take(self, text: str) -> Taken:
        self.sifter.feed(Place(self.cursor, HEAD), self.splitter, text.encode(), NOW)
        return self.sifter.drain()

    def end(self, ended_by: RecordEnd) -> Taken:
        self.sifter.end(Place(self.cursor, HEAD), ended_by, NOW)
        return self.sifter.drain()


def test_an_event_says_where_and_when(tmp_path: Path) -> None:
    bench = Bench(tmp_path, time="iso", zone="Asia/Seoul")
    (event,) = bench.take("fine\n2026-11-24 10:00:00 timeout of ward\nlater\n").events
    assert (event.product, event.catalogue_version, event.module, event.code) == ("clinic", "7", "BIL", "TIMEOUT")
    assert (event.level, event.status, event.source, event.line_number) == (3, Status.FIRING, "/log/app.log", 2)
    assert (event.occurred_at, event.occurred_from) == (NOW, TimeOrigin.LINE)
    assert (event.fields, event.identity, event.count, event.samples) == ({"what": "ward"}, {}, 1, [])
    assert (event.before, event.text, event.after) == (["fine"], "2026-11-24 10:00:00 timeout of ward", ["later"])
    assert event.ended_by is RecordEnd.LINE
    assert bench.sifter.line_number == 3


def test_without_a_time_it_is_when_it_was_read(tmp_path: Path) -> None:
    (event,) = Bench(tmp_path, time="iso").take("timeout of ward\n").events
    assert (event.occurred_at, event.occurred_from) == (NOW, TimeOrigin.READ)


def test_context_reaches_over_chunks_and_has_its_limits(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.take("".join(f"line {n}\n" for n in range(30)))
    (event,) = bench.take("timeout of ward\n" + "".join(f"after {n}\n" for n in range(9))).events
    assert event.before == [f"line {n}" for n in range(10, 30)]
    assert event.after == [f"after {n}" for n in range(5)]


def test_lines_before_the_position_are_context(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.sifter.prime(Splitter(bench.rules.encoding).feed(b"one\ntwo\n"))
    (event,) = bench.take("timeout of ward\n").events
    assert event.before == ["one", "two"]


def test_a_stack_trace_is_one_event(tmp_path: Path) -> None:
    bench = Bench(tmp_path, record=RecordRule(start=r"^\d\d:"))
    assert bench.take("10:00 all well\n10:01 failed\n  at x\n").events == []
    assert bench.sifter.waits
    assert bench.sifter.line_number == 1  # the position stands before what is not complete
    assert bench.take("caused by timeout of ward\n  at y\n").events == []
    (event,) = bench.take("10:02 next\n").events
    assert event.text == "10:01 failed\n  at x\ncaused by timeout of ward\n  at y"
    assert (event.line_number, event.ended_by, event.before) == (2, RecordEnd.NEXT, ["10:00 all well"])
    assert bench.sifter.line_number == 5


@pytest.mark.parametrize("ended_by", [RecordEnd.SILENCE, RecordEnd.EOF])
def test_the_last_record_ends_from_outside(tmp_path: Path, ended_by: RecordEnd) -> None:
    bench = Bench(tmp_path, record=RecordRule(start=r"^\d\d:"))
    bench.take("10:01 failed\ntimeout of ward\n")
    (event,) = bench.end(ended_by).events
    assert (event.ended_by, event.line_number) == (ended_by, 1)
    assert not bench.sifter.waits
    assert bench.end(ended_by).events == []
    assert bench.sifter.position == len("10:01 failed\ntimeout of ward\n")


def test_the_id_is_of_the_content(tmp_path: Path) -> None:
    def event_id(text: str, cursor: Cursor | None = None, head: bytes = HEAD) -> str:
        bench = Bench(tmp_path, cursor)
        lines = bench.splitter.feed(text.encode())
        bench.sifter.take(Place(bench.cursor, head), lines, NOW)
        return bench.sifter.drain().events[-1].event_id

    base = begin("app", "/log/app.log", Seen(1, 7, len(HEAD), HEAD))
    again = event_id("x\ntimeout of ward\n")
    assert again == event_id("x\ntimeout of ward\n")
    assert len(again) == 32
    short_head = b"x\ntimeout of ward\n"
    assert event_id("x\ntimeout of ward\n", head=short_head) == event_id(
        "x\ntimeout of ward\n", head=short_head + b"what was written later\n"
    )
    others = [
        event_id("xx\ntimeout of ward\n"),
        event_id("x\ntimeout of wards\n"),
        event_id("x\ntimeout of ward\n", Cursor(**{**vars(base), "generation": 1})),
        event_id("x\ntimeout of ward\n", Cursor(**{**vars(base), "inode": 8})),
        event_id("x\ntimeout of ward\n", head=b"another file"),
    ]
    assert len({again, *others}) == 6


def test_lines_from_before_the_first_start_are_history(tmp_path: Path) -> None:
    history = Cursor(**{**vars(begin("app", "/log/app.log", Seen(1, 7, 15, HEAD))), "history_until": 20})
    text = "timeout of ward\ntimeout of ward\ntimeout of ward\n"
    assert [(event.history, event.count) for event in Bench(tmp_path, history).take(text).events] == [
        (True, 2),
        (False, 1),
    ]
    opened = Bench(tmp_path, history, open_tickets=True).take(text).events
    assert [(event.history, event.count) for event in opened] == [(False, 3)]


def test_what_is_cut_or_no_text_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path, limit=30)
    taken = bench.take("timeout of ward" + "!" * 100 + "\n")
    assert taken.events[0].text == "timeout of ward" + "!" * 15
    assert [(gap.cause, gap.from_byte, gap.bytes_lost) for gap in taken.gaps] == [(GapCause.OVERSIZED, 31, 85)]
    bench.sifter.take(Place(bench.cursor, HEAD), bench.splitter.feed(b"\xff\xfe \0\0\0\n"), NOW)
    assert (bench.sifter.undecodable, bench.sifter.nuls) == (2, 2)
