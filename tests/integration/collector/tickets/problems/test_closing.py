"""I11 on a real database: a week after its problem, what is resolved closes; what is not waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.tickets.problems.closing import CLOSED_WITHIN, close_children
from collector.tickets.problems.service import close, resolve_children
from tests.fakes.desk_store import DeskStore
from tests.fakes.desk_story import at

WEEK = int(CLOSED_WITHIN.total_seconds())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskStore]:
    desk = DeskStore(tmp_path)
    for number, site in enumerate("abcde"):
        desk.fire(number, "C", site, 1)
    yield desk
    desk.store.close()


def statuses(desk: DeskStore) -> list[str]:
    return [row[0] for row in desk.rows("SELECT status FROM ticket ORDER BY id")]


def test_resolved_tickets_of_a_closed_problem_close_after_a_week(desk: DeskStore) -> None:
    close(desk.person(100), 1, note="x")
    resolve_children(desk.person(200), 1, [desk.number("C", site) for site in "ab"], note="x")
    assert close_children(desk.store, at(99 + WEEK)) == 0
    assert close_children(desk.store, at(100 + WEEK)) == 2
    assert statuses(desk) == ["closed", "closed", "new", "new", "new"]
    assert close_children(desk.store, at(101 + WEEK)) == 0


def test_while_the_problem_is_open_they_wait(desk: DeskStore) -> None:
    resolve_children(desk.person(200), 1, [desk.number("C", site) for site in "ab"], note="x")
    assert close_children(desk.store, at(10 * WEEK)) == 0
