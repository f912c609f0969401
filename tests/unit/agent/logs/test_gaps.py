from __future__ import annotations

from datetime import timedelta

import pytest

from agent.logs.gaps import cut_gap, shorter_gap, stopped_gap
from agent.spool.port import Cursor
from tests.builders import NOW
from wire.messages import GapCause

CURSOR = Cursor("app", "/log/app.log", 1, 7, "", 0, 0, 500, 12)


@pytest.mark.parametrize(("size", "lost"), [(900, 400), (500, 0), (100, 0)])
def test_a_cut_file_loses_what_was_seen_and_not_read(size: int, lost: int) -> None:
    gap = cut_gap(CURSOR, size, NOW - timedelta(seconds=3), NOW)
    assert (gap.cause, gap.source, gap.from_byte, gap.bytes_lost) == (GapCause.TRUNCATED, "/log/app.log", 500, lost)
    assert (gap.since, gap.until) == (NOW - timedelta(seconds=3), NOW)


@pytest.mark.parametrize(("copied", "lost"), [(500, 400), (700, 200), (900, 0), (1_000, 0)])
def test_a_copy_saves_what_it_holds(copied: int, lost: int) -> None:
    gap = shorter_gap(cut_gap(CURSOR, 900, NOW, NOW), copied)
    assert (gap.from_byte, gap.bytes_lost) == (copied, lost)


def test_of_a_stopped_agent_the_start_of_a_gap_is_not_known() -> None:
    gap = stopped_gap(GapCause.ROTATED, CURSOR, NOW, "why")
    assert (gap.cause, gap.since, gap.until, gap.from_byte, gap.detail) == (GapCause.ROTATED, None, NOW, 500, "why")
