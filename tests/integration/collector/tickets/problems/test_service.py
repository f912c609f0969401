"""Problems on a real database: R6, R8 and R15 as people meet them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.errors import TicketRefused
from collector.tickets import service as tickets
from collector.tickets.desk.model import ProblemState
from collector.tickets.problems import repository as rows
from collector.tickets.problems.service import close, confirm, read_problem, resolve_children
from tests.fakes.desk_store import DeskStore
from tests.fakes.desk_story import DAY, at

NOTHING = {"fixed_in": "", "workaround": "", "patch": ""}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskStore]:
    desk = DeskStore(tmp_path)
    for number, site in enumerate("abcde"):
        desk.fire(number, "C", site, 1)
    yield desk
    desk.store.close()


def test_five_sites_are_a_problem_whose_tickets_resolve_in_one_batch(desk: DeskStore) -> None:
    record = read_problem(desk.store, 1)
    assert (record.problem.state, record.open_tickets, len(record.problem.sites)) == (ProblemState.SUSPECTED, 5, 5)
    confirm(desk.person(10), 1, fixed_in=" 2.3 ", workaround="clock", patch="P-7")
    close(desk.person(20), 1, note="shipped")
    record = read_problem(desk.store, 1)
    assert (record.problem.state, record.problem.fixed_in, record.open_tickets) == (ProblemState.CLOSED, "2.3", 5)
    numbers = [desk.number("C", site) for site in "abc"]
    assert resolve_children(desk.person(30), 1, [*numbers, numbers[0], "2026-999999"], note="x") == numbers
    record = read_problem(desk.store, 1)
    assert (record.open_tickets, record.reopened) == (2, 0)
    assert desk.rows("SELECT DISTINCT fixed_in FROM ticket WHERE status = 'resolved'") == [("2.3",)]
    with desk.store.reading() as connection:
        assert [entry.kind for entry in rows.log_of(connection, 1)] == ["resolved_children", "closed", "confirmed"]


def test_a_child_that_comes_back_is_shown_and_reopens_nothing(desk: DeskStore) -> None:
    close(desk.person(10), 1, note="x")
    numbers = [desk.number("C", site) for site in "abcde"]
    resolve_children(desk.person(20), 1, numbers, note="x")
    desk.fire(DAY, "C", "a", 1)
    record = read_problem(desk.store, 1)
    assert (record.reopened, record.open_tickets, record.problem.state) == (1, 1, ProblemState.CLOSED)


def test_an_older_version_that_fails_again_is_held_and_a_cured_one_is_a_regression(desk: DeskStore) -> None:
    tickets.resolve(desk.store, desk.number("C"), actor="jh", note="x", now=at(100), fixed_in="2.3")
    assert read_problem(desk.store, 1).problem.state is ProblemState.KNOWN_ERROR
    desk.fire(1_000, "C", "a", 1, version="2.2")
    assert desk.rows("SELECT status, count FROM ticket WHERE site_id = 'a'") == [("resolved", 1)]
    assert desk.rows("SELECT hold FROM alert WHERE site_id = 'a'") == [("known",)]
    desk.fire(2_000, "C", "a", 1, version="2.3")
    assert desk.rows("SELECT status, regressed, reopen_count FROM ticket WHERE site_id = 'a'") == [
        ("in_progress", 1, 1)
    ]
    assert read_problem(desk.store, 1).problem.state is ProblemState.SUSPECTED


def test_refusals_change_nothing(desk: DeskStore) -> None:
    before = desk.rows("SELECT body FROM code_state")
    with pytest.raises(TicketRefused, match="workaround"):
        confirm(desk.person(10), 1, **NOTHING)
    with pytest.raises(TicketRefused, match="no problem"):
        confirm(desk.person(10), 2, **{**NOTHING, "workaround": "x"})
    with pytest.raises(TicketRefused, match="characters"):
        confirm(desk.person(10), 1, **{**NOTHING, "fixed_in": "x" * 129})
    with pytest.raises(TicketRefused, match="text"):
        close(desk.person(10), 1, note=" ")
    with pytest.raises(TicketRefused, match="at least one"):
        resolve_children(desk.person(10), 1, [], note="x")
    assert desk.rows("SELECT body FROM code_state") == before
    assert desk.rows("SELECT * FROM problem_event") == []
    close(desk.person(10), 1, note="x")
    with pytest.raises(TicketRefused, match="closed already"):
        close(desk.person(11), 1, note="x")
