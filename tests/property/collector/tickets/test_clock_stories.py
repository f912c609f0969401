"""I4 to I7 over random stories of one ticket: whatever happens, what is kept is what the history says."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import TicketRefused
from collector.sla.history import LEVEL_1_REASONS, PauseReason
from collector.sla.plan import Metric
from tests.fakes.ticket_story import TicketStory

ACTS = ("fire", "ok", "acknowledge", "pause", "resume", "resolve", "reopen", "worse")
minutes = st.sampled_from([0, 1, 20, 45, 130, 500, 1_500, 4_400])
acts = st.lists(st.tuples(minutes, st.sampled_from(ACTS), st.sampled_from(PauseReason)), min_size=2, max_size=9)


def _do(story: TicketStory, act: str, reason: PauseReason) -> None:
    try:
        if act == "pause":
            story.pause(reason.value, approved="sy" if reason is PauseReason.FORCE_MAJEURE else "")
        elif act == "worse":
            story.raise_level(max(1, story.ticket.level - 1))
        else:
            getattr(story, act)()
    except TicketRefused:
        pass  # not possible in this status, and nothing was changed


def _frozen(rows: list[Any]) -> dict[int, Any]:
    return {row.id: row for row in rows if row.state in {"stopped", "cancelled"}}


@settings(max_examples=25)
@given(level=st.integers(2, 4), acts=acts)
def test_what_is_kept_is_what_the_history_says(level: int, acts: list[tuple[int, str, PauseReason]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = TicketStory(Path(folder), level=level)
        story.fire()
        over: dict[int, Any] = {}
        breached: set[int] = set()
        for pause_minutes, act, reason in acts:
            story.later(pause_minutes)
            _do(story, act, reason)
            rows = story.rows()
            assert story.differences() == []  # I4
            assert {key: row for key, row in _frozen(rows).items() if key in over} == over  # I5
            over = _frozen(rows)
            assert breached <= {row.id for row in rows if row.breached_at is not None}  # I7
            breached = {row.id for row in rows if row.breached_at is not None}
        told = [(row.ticket_id, row.metric, row.cycle) for row in story.rows() if row.warned == 100]
        assert len([percent for _, percent in story.notices() if percent == 100]) == len(told)
        for view in story.cycles(Metric.RESTORE):  # I6
            if view.cycle.terms.pausing == LEVEL_1_REASONS:
                assert all(
                    stand.reason in LEVEL_1_REASONS for stand in view.cycle.stands if stand.pause in view.cycle.pauses
                )
        story.store.close()
