from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from agent.logs.opening import open_seen
from agent.logs.rules import SourceRules, compile_source
from agent.logs.starting import LAST_LINE_BYTES, first_cursor
from agent.settings.model import Source
from agent.spool.port import Cursor
from tests.fakes.logs import CATALOGUE


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    return tmp_path / "app.log"


def rules(log: Path, start: Literal["beginning", "end"] = "end", encoding: str = "utf-8") -> SourceRules:
    catalogue = str(log.parent / "catalogue.yaml")
    return compile_source(Source(name="app", path=str(log), catalogue=catalogue, start=start, encoding=encoding))


def first(log: Path, by: SourceRules, *, is_first_start: bool = True) -> Cursor:
    opened, seen = open_seen(str(log))
    try:
        return first_cursor(by, str(log), opened, seen, is_first_start=is_first_start)
    finally:
        opened.close()


TABLE = [
    (b"", 0, 0),
    (b"one\ntwo\n", 8, 2),
    (b"one\ntwo", 4, 1),  # the last line is being written: it counts as new when it is complete
    (b"one", 0, 0),
    (b"x" * LAST_LINE_BYTES * 2, LAST_LINE_BYTES * 2, 0),  # no line end in reach
    (b"y\n" * LAST_LINE_BYTES, LAST_LINE_BYTES * 2, LAST_LINE_BYTES),
]


@pytest.mark.parametrize(("content", "position", "line_number"), TABLE)
def test_at_the_end_of_what_is_there(log: Path, content: bytes, position: int, line_number: int) -> None:
    log.write_bytes(content)
    cursor = first(log, rules(log))
    assert (cursor.position, cursor.line_number, cursor.history_until) == (position, line_number, 0)


def test_at_the_end_in_code_units(log: Path) -> None:
    log.write_bytes("하나\nĊ\n둘".encode("utf-16"))
    cursor = first(log, rules(log, encoding="utf-16"))
    assert (cursor.position, cursor.line_number) == (len("하나\nĊ\n".encode("utf-16")), 2)


def test_at_the_beginning_what_is_there_is_history(log: Path) -> None:
    log.write_bytes(b"one\ntwo")
    cursor = first(log, rules(log, "beginning"))
    assert (cursor.position, cursor.history_until) == (0, 7)


def test_a_later_file_is_read_whole(log: Path) -> None:
    log.write_bytes(b"one\ntwo")
    for start in ("beginning", "end"):
        cursor = first(log, rules(log, start), is_first_start=False)
        assert cursor == replace(cursor, position=0, history_until=0, line_number=0)
