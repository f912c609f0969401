from __future__ import annotations

import time
from pathlib import Path

import pytest

from remediation.patch.databases.marks import Mark, Marks, MarkState, checked
from remediation.patch.databases.sqlite import Sqlite
from remediation.patch.errors import StepFailed
from tests.fakes.patched_databases import step

ONE = step("sqlite", "SELECT 1")


def test_marks_belong_to_a_patch(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    engine = Sqlite(tmp_path / "a.db", time.monotonic)
    marks, others = Marks(engine, "his-2.0"), Marks(engine, "his-2.1")
    with engine.opened() as session:
        assert marks.read(session) == {}
        for _ in range(2):
            marks.make(session)
        marks.set(session, ONE, MarkState.INTENT)
        with pytest.raises(StepFailed, match="UNIQUE"):
            marks.set(session, ONE, MarkState.DONE)
        marks.change(session, ONE, MarkState.DONE, "ab")
        found = marks.read(session)["one"]
        assert (found.state, found.kept) == (MarkState.DONE, "ab")
        assert checked(ONE, found) is found
        assert others.read(session) == {}
        others.remove(session, ONE)
        assert list(marks.read(session)) == ["one"]
        marks.remove(session, ONE)
        assert marks.read(session) == {}


def test_a_mark_of_another_step_of_that_name_is_refused() -> None:
    with pytest.raises(StepFailed):
        checked(ONE, Mark("0" * 64, MarkState.DONE, ""))
