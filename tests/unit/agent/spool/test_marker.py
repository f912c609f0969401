from __future__ import annotations

from pathlib import Path

import pytest

from agent.spool.marker import read_mark, write_mark


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    assert read_mark(path) == 0
    write_mark(path, epoch="e", session=7)
    assert read_mark(path) == 7


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"session": "x"}', '{"session": -1}', "7"])
def test_a_broken_mark_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mark"
    path.write_text(content, encoding="utf-8")
    assert read_mark(path) == 0


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    write_mark(tmp_path / "missing" / "mark", epoch="e", session=1)
