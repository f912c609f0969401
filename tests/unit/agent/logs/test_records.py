from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.logs.records import Cutting, RecordRefused, cut_records
from agent.settings.model import RecordRule
from wire.messages import RecordEnd

RULE = RecordRule(start=r"^\d{4}-", silence_s=0.5, max_lines=4)


def cut(cutting: Cutting, *lines: str, sizes: bool = False) -> tuple[list[tuple[list[str], RecordEnd]], list[str]]:
    """The complete records with their ends, and what is left."""
    spans, rest = cut_records(lines, [len(line) for line in lines] if sizes else None, cutting)
    return [(list(lines[first : first + size]), why) for first, size, why in spans], list(lines[rest:])


def test_without_a_rule_each_line_is_a_record() -> None:
    assert cut(Cutting.by_rule(None), "a", " b") == ([(["a"], RecordEnd.LINE), ([" b"], RecordEnd.LINE)], [])


def test_a_record_ends_by_the_next_start() -> None:
    done, rest = cut(Cutting.by_rule(RULE), "2026- x", " at y", " at z", "2026- next")
    assert done == [(["2026- x", " at y", " at z"], RecordEnd.NEXT)]
    assert rest == ["2026- next"]
    assert cut(Cutting.by_rule(RULE), "2026- x", " at y") == ([], ["2026- x", " at y"])


def test_a_record_ends_by_its_number_of_lines_and_the_rest_is_a_record_too() -> None:
    lines = ("2026-", "1", "2", "3", "4", "2026- b")
    for sizes in (False, True):
        assert cut(Cutting.by_rule(RULE), *lines, sizes=sizes) == (
            [(["2026-", "1", "2", "3"], RecordEnd.SIZE), (["4"], RecordEnd.NEXT)],
            ["2026- b"],
        )


def test_a_full_record_right_before_a_start_leaves_nothing() -> None:
    lines = ("2026-", "1", "2", "3", "2026- b", "1", "2", "3")
    done, rest = cut(Cutting.by_rule(RULE), *lines)
    assert [(len(texts), why) for texts, why in done] == [(4, RecordEnd.SIZE)] * 2
    assert rest == []


def test_a_record_ends_by_its_bytes() -> None:
    cutting = replace(Cutting.by_rule(RULE), max_bytes=10)
    done, rest = cut(cutting, "2026-", "12345", "x", sizes=True)
    assert (done, rest) == ([(["2026-", "12345"], RecordEnd.SIZE)], ["x"])


def test_what_stands_before_the_first_start_is_a_record() -> None:
    assert cut(Cutting.by_rule(RULE), " at y", "2026- x") == ([([" at y"], RecordEnd.NEXT)], ["2026- x"])


def test_nothing_is_cut_from_nothing() -> None:
    assert cut(Cutting.by_rule(RULE)) == ([], [])


def test_the_rule_is_checked() -> None:
    assert Cutting.by_rule(RULE).silence == timedelta(seconds=0.5)
    with pytest.raises(RecordRefused):
        Cutting.by_rule(RecordRule(start="("))
