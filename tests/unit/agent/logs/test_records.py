from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.logs.decode import RawLine
from agent.logs.records import Cutting, Entry, RecordCutter, RecordRefused
from agent.settings.model import RecordRule
from wire.messages import RecordEnd

RULE = RecordRule(start=r"^\d{4}-", silence_s=0.5, max_lines=4)


def entries(*texts: str) -> list[Entry]:
    return [Entry(RawLine(0, 0, text.encode()), text, at, set()) for at, text in enumerate(texts, 1)]


def cut(cutter: RecordCutter, *texts: str) -> list[tuple[list[str], RecordEnd]]:
    return [([entry.text for entry in record.entries], record.ended_by) for record in cutter.add(entries(*texts))]


def test_without_a_rule_each_line_is_a_record() -> None:
    cutter = RecordCutter(Cutting.by_rule(None))
    assert cut(cutter, "a", " b") == [(["a"], RecordEnd.LINE), ([" b"], RecordEnd.LINE)]
    assert cutter.end(RecordEnd.EOF) is None


def test_a_record_ends_by_the_next_start() -> None:
    cutter = RecordCutter(Cutting.by_rule(RULE))
    assert cut(cutter, "2026- x", " at y") == []
    assert cut(cutter, " at z", "2026- next") == [(["2026- x", " at y", " at z"], RecordEnd.NEXT)]
    assert [entry.text for entry in cutter.pending] == ["2026- next"]


def test_a_record_ends_by_silence_and_by_the_end_of_the_file() -> None:
    for ended_by in (RecordEnd.SILENCE, RecordEnd.EOF):
        cutter = RecordCutter(Cutting.by_rule(RULE))
        cut(cutter, "2026- x", " at y")
        record = cutter.end(ended_by)
        assert record
        assert (len(record.entries), record.ended_by) == (2, ended_by)
        assert cutter.end(ended_by) is None


def test_a_record_ends_by_its_number_of_lines_and_the_rest_is_a_record_too() -> None:
    cutter = RecordCutter(Cutting.by_rule(RULE))
    assert cut(cutter, "2026-", "1", "2", "3", "4", "2026- b") == [
        (["2026-", "1", "2", "3"], RecordEnd.SIZE),
        (["4"], RecordEnd.NEXT),
    ]


def test_a_record_ends_by_its_bytes() -> None:
    cutter = RecordCutter(replace(Cutting.by_rule(RULE), max_bytes=10))
    assert cut(cutter, "2026-", "12345", "x") == [(["2026-", "12345"], RecordEnd.SIZE)]
    assert len(cutter.pending) == 1


def test_what_stands_before_the_first_start_is_a_record() -> None:
    assert cut(RecordCutter(Cutting.by_rule(RULE)), " at y", "2026- x") == [([" at y"], RecordEnd.NEXT)]


def test_the_rule_is_checked() -> None:
    assert Cutting.by_rule(RULE).silence == timedelta(seconds=0.5)
    for start in ("(", "(?=x)"):
        with pytest.raises(RecordRefused):
            Cutting.by_rule(RecordRule(start=start))
