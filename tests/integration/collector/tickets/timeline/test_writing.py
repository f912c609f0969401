"""Whoever writes on a timeline, the clocks move with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from collector.store.tables import ticket
from collector.tickets.model import ChangeKind, TicketChange
from collector.tickets.timeline.writing import append
from tests.fakes.ticket_story import TicketStory


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    return TicketStory(tmp_path)


def test_a_merged_or_cancelled_ticket_has_no_clock_that_runs(story: TicketStory) -> None:
    story.fire()
    assert {row.state for row in story.rows()} == {"running"}

    with story.store.writing() as connection:
        connection.execute(update(ticket).values(status="cancelled"))
        append(connection, "seoul", [TicketChange(story.now, ChangeKind.CANCELLED, story.ticket.id)], actor="jh")
    assert {row.state for row in story.rows()} == {"cancelled"}


def test_nothing_else_writes_on_timelines(repository: Path) -> None:
    files = sorted((repository / "collector").rglob("*.py"))
    writers = [path.relative_to(repository).as_posix() for path in files if "insert(ticket_event)" in path.read_text()]
    assert writers == ["collector/tickets/timeline/repository.py"]
    callers = [path.name for path in files if "insert_changes(" in path.read_text()]
    assert callers == ["keeping.py", "repository.py", "writing.py"]
