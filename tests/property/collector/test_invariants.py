"""Invariants of the design that stand as constraints or hold over random stories.

I1 one live ticket for each fingerprint; I2 an event id counts once; I12 merged tickets start at the earliest
member. I3, nothing is dropped uncounted, is held over both books by tests/conformance/test_books.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from collector.settings.model import Rules
from collector.tickets.codebook import Codebook
from collector.tickets.recording import Sighting, record
from tests.fakes.desk_store import DeskStore
from tests.fakes.desk_story import DeskStory, at, event_of

COPY = """INSERT INTO ticket
(number, kind, site_id, fingerprint_id, product, module, code, title, identity, level, status,
opened_by, clock_start_at, opened_at, count, first_event_at, last_event_at)
SELECT 'copy', kind, site_id, fingerprint_id, product, module, code, title, identity, level, :status,
opened_by, clock_start_at, opened_at, count, first_event_at, last_event_at FROM ticket"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStore]:
    desk = DeskStore(tmp_path_factory.mktemp("invariants"))
    yield desk
    desk.store.close()


@pytest.mark.parametrize("status", ["new", "acknowledged", "in_progress", "pending", "recovered"])
def test_i1_the_database_refuses_a_second_live_ticket(desk: DeskStore, status: str) -> None:
    with desk.store.engine.connect() as connection:
        sighting = Sighting(event_of("I1", at(0)), at(0), immediate=True)
        record(connection, "a", [sighting], codebook=Codebook(()), rules=Rules())
        with connection.begin_nested() as inside:
            connection.execute(text(COPY), {"status": "closed"})  # an ended one may stand beside it
            inside.rollback()
        with pytest.raises(IntegrityError):
            connection.execute(text(COPY), {"status": status})
        connection.rollback()


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=8))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_i2_an_event_counts_once_however_often_it_comes(desk: DeskStore, batches: list[list[int]]) -> None:
    events = [event_of(f"I2-{number % 3}", at(number), count=number + 1) for number in range(10)]
    with desk.store.engine.connect() as connection:
        for batch in batches:
            sightings = [Sighting(events[number], at(100), immediate=True) for number in batch]
            record(connection, "a", sightings, codebook=Codebook(()), rules=Rules())
        seen = {number for batch in batches for number in batch}
        wanted = sum(events[number].count for number in seen)
        for sql in (
            "SELECT SUM(count) FROM ticket",
            "SELECT SUM(count) FROM event",
            "SELECT SUM(total) FROM fingerprint",
        ):
            assert (connection.execute(text(sql)).scalar_one() or 0) == wanted
        connection.rollback()


@given(st.lists(st.integers(0, 500), min_size=2, max_size=6))
def test_i12_merged_tickets_start_at_the_earliest_member(starts: list[int]) -> None:
    story = DeskStory()
    for number in sorted(range(len(starts)), key=lambda each: starts[each]):
        story.fire(starts[number], f"C{number}")
    for number in range(1, len(starts)):
        story.merge(1_000, f"C{number}", "C0")
    assert story.ticket("C0").clock_start_at == at(min(starts))
    assert sum(ticket.is_live for ticket in story.tickets()) == 1
