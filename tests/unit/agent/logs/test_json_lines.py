"""JSON lines: what is matched, what is shown, what becomes a field, and what stays text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.logs.decode import RawLine
from agent.logs.json_lines import JsonLines, read_json
from agent.settings.model import JsonNames
from wire.limits import FIELDS

USUAL = JsonNames()


def read(entry: Any, **names: str) -> tuple[str, str, dict[str, str]]:
    found = read_json(json.dumps(entry).encode(), JsonNames(**names))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("entry", "line", "fields"),
    [
        (
            {"time": "2026-11-24T01:00:00Z", "level": "error", "message": "m", "claim": 88},
            "2026-11-24T01:00:00Z error m",
            {"claim": "88"},
        ),
        (
            {"ts": 1795482000.5, "level": "warn", "msg": "m", "caller": "a.go:1"},
            "2026-11-24T01:00:00.500000+00:00 warn m",
            {"caller": "a.go:1"},
        ),
        (
            {"time": 1795482000500, "level": 50, "msg": "m", "pid": 7},
            "2026-11-24T01:00:00.500000+00:00 ERROR m",
            {"pid": "7"},
        ),
        ({"@timestamp": "t", "log.level": "ERROR", "message": "결제 오류"}, "t ERROR 결제 오류", {}),
        (
            {"@timestamp": "t", "log": {"level": "ERROR"}, "message": "m", "host": {"name": "h"}},
            "t ERROR m",
            {"host.name": "h"},
        ),
        (
            {"message": "a\nb\r\nc", "ok": True, "none": None, "list": [1, 2]},
            "a\\nb\\nc",
            {"ok": "True", "list": "1\n2"},
        ),
    ],
)
def test_loggers(entry: Any, line: str, fields: dict[str, str]) -> None:
    found = read(entry)
    assert (found[0], found[2]) == (line, fields)


def test_names_of_the_settings_count_alone() -> None:
    entry = {"m": "mine", "message": "other", "when": "t", "e": {"trace": "a\n  b"}}
    line, text, fields = read(entry, message="m", time="when", stack="e.trace")
    assert (line, text, fields) == ("t mine", "t mine\na\n  b", {"message": "other"})
    assert read_json(b'{"message": "x"}', JsonNames(message="m")) is None


def test_a_stack_stands_below_the_message_and_is_no_field() -> None:
    _, text, fields = read({"msg": "failed", "stack": "Error: x\n    at y\n", "a": "b"})
    assert (text, fields) == ("failed\nError: x\n    at y", {"a": "b"})
    assert read({"msg": "failed", "exception": ["E: x", " at y"]})[1] == "failed\nE: x\n at y"


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"text", b'"x"', b"{}", b'{"msg": ""}', b'{"msg": "\xff"}', b"[" * 5_000, b'{"a": 1} x']
)
def test_what_is_no_entry_stays_text(raw: bytes) -> None:
    line = RawLine(3, 9, raw)
    assert JsonLines(USUAL)([line]) == [line]


def test_each_line_keeps_its_place_and_its_entry() -> None:
    raw = b'{"msg": "m"}'
    (line,) = JsonLines(USUAL)([RawLine(3, 16, raw, lost=0)])
    assert line == RawLine(3, 16, b"m", entry=raw)


def test_fields_are_bounded() -> None:
    entry = {f"f{number}": number for number in range(500)} | {"msg": "m", "x" * 65: 1, "": 2}
    assert len(read(entry)[2]) == FIELDS
    assert read({"msg": "m", "a": {"b": {"c": {"d": {"e": 1}}}}})[2] == {"a.b.c.d": '{"e":1}'}
    assert read({"msg": "m", "ts": 1e300})[0] == "1e+300 m"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["msg", "time", "level", "stack", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_json_is_an_entry_or_none(value: Any) -> None:
    found = read_json(json.dumps(value).encode(), USUAL)
    assert found is None or ("\n" not in found.line and found.text)
