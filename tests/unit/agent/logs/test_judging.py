from __future__ import annotations

from pathlib import Path

from agent.logs.blocks import Block
from agent.logs.cursor import Seen, begin
from agent.logs.judging import Batch, Folded, Place
from agent.logs.rules import compile_source
from agent.settings.model import Source
from tests.builders import NOW
from tests.fakes.logs import CATALOGUE
from wire.messages import RecordEnd

CURSOR = begin("app", "/log/app.log", Seen(1, 7, 3, b"abc"))


def judge(folder: Path, *records: str) -> Folded:
    (folder / "c.yaml").write_text(CATALOGUE, encoding="utf-8")
    rules = compile_source(Source(name="app", path="/log/app.log", catalogue=str(folder / "c.yaml")))
    folded = Folded(rules)
    for record in records:
        block = Block(0, f"{record}\n".encode())
        batch = Batch(rules, folded, Place(CURSOR, b"abc"), block, ["before"], 10, NOW)
        ranks = [rank for hit in rules.scanner.hits(block.text) for rank in hit.ranks]
        batch.judge(0, len(block.text), 0, block.count(), RecordEnd.LINE, ranks)
    return folded


def test_what_repeats_over_blocks_is_one_event(tmp_path: Path) -> None:
    folded = judge(tmp_path, "timeout of ward", "timeout of lab", "timeout of ward", "timeout of x", "timeout of y")
    (event,) = folded.bursts.events()
    assert (event.count, event.text, event.before, event.line_number) == (5, "timeout of ward", ["before"], 11)
    assert event.samples == ["timeout of lab", "timeout of x", "timeout of y"]


def test_an_error_without_a_code_is_unknown(tmp_path: Path) -> None:
    folded = judge(tmp_path, "ERROR disk 1", "ERROR disk 2", "ERROR number 7", "overheated")
    assert [event.identity for event in folded.bursts.events()] == [{"number": "7"}]
    (unknown,) = folded.unknowns.errors()
    assert (unknown.count, unknown.sample, unknown.severity) == (2, "ERROR disk 1", "ERROR")


def test_an_error_inside_a_record_is_told_with_the_whole_record(tmp_path: Path) -> None:
    (unknown,) = judge(tmp_path, "10:00 failed\n  java.lang.IllegalStateException: x\n  at y").unknowns.errors()
    assert unknown.sample.count("\n") == 2
    assert unknown.severity == "Exception"


def test_a_wrong_nomination_is_nothing(tmp_path: Path) -> None:
    folded = judge(tmp_path, "timeout of \N{HANGUL SYLLABLE GA}")
    assert folded.bursts.events() == []
    assert folded.unknowns.errors() == []
