"""Invariants of the design that stand as constraints or hold over random stories.

I1 one live ticket for each fingerprint; I2 an event id counts once; I12 merged tickets start at the earliest
member; I13 no row of a site hangs on another's, and no customer is told of another's (what else customers may read
comes with what they read it in). I3, nothing is dropped uncounted, is held over both books by
tests/conformance/test_books.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from collector.notify.model import Recipient
from collector.notify.policy import wants
from collector.settings.model import Rules
from collector.tickets.codebook import Codebook
from collector.tickets.desk.model import NoticeKind
from collector.tickets.recording import Sighting, record, record_all
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


# What two tables both know of a site, and where they differ.
STRAYS = (
    "SELECT e.id FROM event e JOIN fingerprint f ON f.id = e.fingerprint_id WHERE f.site_id <> e.site_id",
    "SELECT e.id FROM event e JOIN ticket t ON t.id = e.ticket_id WHERE t.site_id <> e.site_id",
    "SELECT t.id FROM ticket t JOIN fingerprint f ON f.id = t.fingerprint_id WHERE f.site_id <> t.site_id",
    "SELECT t.id FROM ticket t JOIN ticket p ON p.id = t.parent_id WHERE p.site_id <> t.site_id",
    "SELECT a.ticket_id FROM alert a JOIN fingerprint f ON f.id = a.fingerprint_id WHERE f.site_id <> a.site_id",
    "SELECT a.ticket_id FROM alert a JOIN ticket t ON t.id = a.ticket_id WHERE t.site_id <> a.site_id",
    "SELECT e.id FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id WHERE t.site_id <> e.site_id",
    "SELECT c.id FROM clock c JOIN ticket t ON t.id = c.ticket_id WHERE t.site_id <> c.site_id",
    "SELECT n.id FROM notice n JOIN ticket t ON t.id = n.ticket_id WHERE t.site_id <> n.site_id",
    "SELECT s.id FROM suppression s JOIN fingerprint f ON f.id = s.fingerprint_id WHERE f.site_id <> s.site_id",
)
CODES = [f"I13-{number}" for number in range(25)]  # enough at one site for a storm
seen_at = st.tuples(st.sampled_from("abc"), st.sampled_from(CODES), st.sampled_from([1, 2, 3]))


@given(st.lists(st.lists(seen_at, min_size=1, max_size=40), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_i13_no_row_of_a_site_hangs_on_another_s(desk: DeskStore, groups: list[list[tuple[str, str, int]]]) -> None:
    with desk.store.engine.connect() as connection:
        for turn, group in enumerate(groups):
            arrivals = [
                (site, [Sighting(event_of(code, at(turn), level), at(turn), immediate=True)])
                for site, code, level in group
            ]
            record_all(connection, arrivals, codebook=Codebook(()), rules=Rules())
        for query in STRAYS:
            assert connection.execute(text(query)).all() == [], query
        total = connection.execute(text("SELECT count(*) FROM event WHERE code LIKE 'I13-%'")).scalar_one()
        assert total == sum(map(len, groups)), "there is something to go astray"
        connection.rollback()


def test_i13_a_row_that_strays_is_seen(desk: DeskStore) -> None:
    with desk.store.engine.connect() as connection:
        sighting = Sighting(event_of("I13", at(0)), at(0), immediate=True)
        record(connection, "a", [sighting], codebook=Codebook(()), rules=Rules())
        connection.execute(text("UPDATE ticket SET site_id = 'b' WHERE code = 'I13'"))
        found = [query for query in STRAYS if connection.execute(text(query)).all()]
        assert len(found) >= 5, "event, fingerprint, alert, timeline, clocks and notices name the other site"
        connection.rollback()


@given(
    kinds=st.sets(st.sampled_from(list(NoticeKind)), min_size=1),
    sites=st.lists(st.sampled_from("abc"), unique=True),
    site=st.sampled_from(["a", "b", "c", None]),
    level=st.integers(1, 4),
)
def test_i13_a_customer_is_told_of_the_own_sites_alone(
    kinds: set[NoticeKind], sites: list[str], site: str | None, level: int
) -> None:
    someone = Recipient(1, "w", "w@e.com", "ko", tuple(kinds), 4, tuple(sites), "UTC", None, at(0))
    is_told = wants(someone, NoticeKind.CUSTOMER, site_id=site, level=level)
    assert is_told == (NoticeKind.CUSTOMER in kinds and site in sites)


@given(st.lists(st.integers(0, 500), min_size=2, max_size=6))
def test_i12_merged_tickets_start_at_the_earliest_member(starts: list[int]) -> None:
    story = DeskStory()
    for number in sorted(range(len(starts)), key=lambda each: starts[each]):
        story.fire(starts[number], f"C{number}")
    for number in range(1, len(starts)):
        story.merge(1_000, f"C{number}", "C0")
    assert story.ticket("C0").clock_start_at == at(min(starts))
    assert sum(ticket.is_live for ticket in story.tickets()) == 1
