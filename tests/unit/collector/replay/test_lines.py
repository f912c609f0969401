"""What a replay reads, and what it refuses with the line's number."""

from __future__ import annotations

from codecs import BOM_UTF8
from io import BytesIO

import pytest

from collector.replay.lines import (
    LINE_BYTES,
    Heard,
    Maintenance,
    Resolve,
    bounded,
    in_order,
    is_in_order,
    read_lines,
)
from wire.errors import TextRefused

AT = '"at":"2026-11-24T10:00:00+09:00"'


def test_the_four_kinds_of_line() -> None:
    lines = [
        f'{{{AT},"site":"a","module":"M","code":"C","level":1,"status":"firing","instance":"q7","stateless":true}}',
        f'{{{AT},"site":"a","status":"heartbeat"}}',
        f'{{{AT},"do":"resolve","site":"a","module":"M","code":"C","fixed_in":"2.3"}}',
        f'{{{AT},"do":"maintenance","site":"a","from":"2026-11-24T10:00:00Z","to":"2026-11-24T11:00:00Z"}}',
        "",
    ]
    found = list(read_lines(line.encode() for line in lines))
    assert [type(line) for line in found] == [Heard, Heard, Resolve, Maintenance]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "truncated"),
        ('{"at":"2026-11-24T10:00:00","site":"a","status":"heartbeat"}', "timezone"),
        (f'{{{AT},"site":"a","status":"on"}}', "firing, heartbeat, ok"),
        (f'{{{AT},"site":"a","status":"firing","module":"M","code":"C"}}', "level is missing"),
        (f'{{{AT},"site":"a","status":"ok","module":"M"}}', "code is missing"),
        (f'{{{AT},"site":"a","status":"firing","module":"M","code":"C","level":5}}', "level is a whole number from 1"),
        (f'{{{AT},"site":"a","status":"heartbeat","colour":"red"}}', "colour"),
        (f'{{{AT},"do":"dance","site":"a"}}', "dance"),
        (f'{{{AT},"do":"maintenance","site":"a","from":{AT[5:]},"to":{AT[5:]}}}', "before it begins"),
        ('{"at":"9999-12-31T23:59:59Z","site":"a","status":"heartbeat"}', "1970 to 2199"),
        ('{"at":"0001-01-01T00:00:00+09:00","site":"a","status":"heartbeat"}', "1970 to 2199"),
        (f'{{{AT},"site":"a","status":"heartbeat","occurred_at":"1969-12-31T23:59:59Z"}}', "1970 to 2199"),
        (f'{{{AT},"do":"maintenance","site":"a","from":{AT[5:]},"to":"9999-01-01T00:00:00Z"}}', "1970 to 2199"),
        ('{"at":"9999-01-01T00:00:00Z","do":"resolve","site":"a","module":"M","code":"C"}', "1970 to 2199"),
        ("[" * 100_000, "more than"),
        ("[" * 10_000, "the line is a mapping"),
        ("\xff", "malformed"),
    ],
)
def test_what_is_no_line(line: str, words: str) -> None:
    with pytest.raises(TextRefused) as refused:
        list(read_lines([b"", line.encode("latin-1")]))
    [fault] = refused.value.faults
    assert fault.line == 2
    assert words in str(fault.problem)


def test_the_mark_that_some_editors_put_first_is_no_text() -> None:
    line = f'{{{AT},"site":"a","status":"heartbeat"}}'.encode()
    assert len(list(read_lines([BOM_UTF8 + line, line]))) == 2
    with pytest.raises(TextRefused):
        list(read_lines([line, BOM_UTF8 + line]))


def test_a_line_without_end_is_not_read_whole() -> None:
    lines = list(bounded(BytesIO(b"short\n" + b"x" * 3 * LINE_BYTES)))
    assert lines[0] == b"short\n"
    assert max(len(line) for line in lines) == LINE_BYTES + 1
    with pytest.raises(TextRefused, match="more than"):
        list(read_lines(lines[1:]))


def test_lines_are_put_in_order_and_stay_as_they_stood_within_an_instant() -> None:
    seconds = [(1, "a"), (1, "b"), (0, "c")]
    raw = [f'{{"at":"2026-11-24T10:00:0{at}Z","site":"{site}","status":"heartbeat"}}'.encode() for at, site in seconds]
    found = list(read_lines(raw))
    assert not is_in_order(found)
    ordered = in_order(found)
    assert [line.site for line in ordered] == ["c", "a", "b"]
    assert is_in_order(ordered)
