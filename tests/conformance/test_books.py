"""The rules come to the same over books in memory and over books in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from collector.settings.model import Rules
from collector.store.database import Store
from collector.store.tables import site as site_table
from collector.tickets import repository as rows
from collector.tickets.codebook import Codebook
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.holding import promote
from collector.tickets.desk.port import About
from collector.tickets.desk.stored import StoredBooks
from collector.tickets.model import HOSTING
from collector.tickets.repository import Subject
from tests.fakes.desk_story import START, DeskStory, about, at
from tests.fakes.stores import open_store
from wire.catalogue.model import Catalogue, ErrorCode, Module, Texts

ACTS = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.sampled_from(
            ["fire", "fire", "fire", "ok", "window", "resolve", "missed", "heard", "silence", "merge", "promote"]
        ),
        st.integers(0, 24),
        st.sampled_from("abcdefg"),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=60,
)
RULES = Rules(site_tickets=4, storm_fingerprints=6, fleet_sites=3, silent_sites=3)


def a_codebook(depends_on: Mapping[str, Sequence[str]]) -> Codebook:
    errors = [ErrorCode(code="C", level=1, title=Texts(en="C"))]
    modules = [
        Module(code=name, name=Texts(en=name), errors=errors, depends_on=list(depends_on.get(name, ())))
        for name in ("M", "database")
    ]
    return Codebook([Catalogue(product="clinic", version="1", modules=modules)])


class StoredStory(DeskStory):
    """The same stories over a database."""

    def __init__(self, connection: Any, rules: Rules) -> None:
        super().__init__(rules)
        self.connection = connection
        self.stored = StoredBooks(connection, a_codebook({}))
        self.desk = Desk(self.stored, rules)
        self.tally()

    def learn(self, subject: About) -> None:
        title = msgspec.json.encode({"en": subject.code}).decode()
        known = Subject(subject.key, 1, subject.site, "clinic", subject.module, subject.code, "fault", title, "{}")
        self.stored.learn(known, rows.count_fingerprint(self.connection, known, START, 1))

    def fire(self, seconds: float, code: str = "C", **more: Any) -> Any:
        self.learn(about(code, more.get("site", "a"), more.get("module", "M")))
        return super().fire(seconds, code, **more)

    def ok(self, seconds: float, code: str = "C", **more: Any) -> None:
        self.learn(about(code, more.get("site", "a"), more.get("module", "M")))
        super().ok(seconds, code, **more)

    def outcome(self) -> list[tuple[Any, ...]]:
        self.stored.flush()
        query = (
            "SELECT t.id, t.kind, t.code, t.level, t.status, t.count, t.reopen_count, t.recurrence_of, t.parent_id,"
            " t.problem_id, t.clock_start_at FROM ticket t ORDER BY t.id"
        )
        return [tuple(row) for row in self.connection.execute(text(query))]

    def ledger(self) -> list[tuple[str, str, int]]:
        self.stored.flush()
        query = 'SELECT hold, "end", count FROM suppression ORDER BY id'
        return [tuple(row) for row in self.connection.execute(text(query))]

    def counts(self) -> list[tuple[str, int]]:
        self.stored.flush()
        return [tuple(row) for row in self.connection.execute(text("SELECT kind, count FROM ticket"))]

    def notices(self) -> list[tuple[str, str]]:
        self.stored.flush()
        return [
            tuple(row)
            for row in self.connection.execute(text("SELECT kind, cause FROM notice WHERE cause NOT LIKE 'clock%'"))
        ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("books")
    found = open_store(path)
    assert found.backend.is_shared == (database == "postgresql")
    yield found
    found.close()


def play(story: DeskStory, acts: Sequence[tuple[int, str, int, str, int]]) -> None:
    seconds, silent = 0.0, set[str]()
    for step, act, number, site, level in acts:
        seconds += step
        code = f"C{number}"
        match act:
            case "fire":
                story.fire(seconds, code, site=site, level=level)
            case "ok":
                story.ok(seconds, code, site=site)
            case "missed" if site not in silent:
                silent.add(site)
                story.missed(seconds, site)
            case "heard":
                silent.discard(site)
                story.heard(seconds, site)
            case _:
                play_person(story, act, seconds, code, site, level)
    story.time(seconds + 90_000)
    assert story.fired == accounted(story)


def play_person(story: DeskStory, act: str, seconds: float, code: str, site: str, level: int) -> None:
    """What people do."""
    match act:
        case "window":
            story.window(seconds, seconds + 100 * level, site)
        case "resolve":
            story.resolve(seconds, code, site=site)
        case "silence":
            story.silence(seconds, seconds + 200 * level, code=code)
        case "merge" if code != "C1":
            story.merge(seconds, code, "C1", site=site)
        case "promote":
            story.time(seconds)
            promote(story.desk, about(code, site).key, at(seconds))


def accounted(story: DeskStory) -> int:
    """I3: every occurrence is on a ticket, waits, went away within its open delay, or was held back."""
    faults = {"fault", "storm", "overflow"}
    ledger, books = story.ledger(), story.desk.books
    keys = [about(f"C{number}", site).key for number in range(25) for site in "abcdefg"]
    alerts = [alert for key in keys if (alert := books.case(key).alert) is not None]
    return (
        sum(count for kind, count in story.counts() if kind in faults)
        + sum(alert.waiting_count for alert in alerts)
        + story.transient
        + sum(alert.held_count for alert in alerts if alert.hold is not None and alert.hold not in HOSTING)
        + sum(count for hold, end, count in ledger if end == "cleared" and hold not in HOSTING)
    )


@given(ACTS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_books_come_to_the_same(store: Store, acts: list[tuple[int, str, int, str, int]]) -> None:
    memory = DeskStory(RULES)
    memory.sites = 7
    play(memory, acts)
    wanted = [
        (
            *(ticket.id, ticket.kind, memory.books.abouts[memory.books.tickets[ticket.id or 0]].code, ticket.level),
            *(ticket.status.value, ticket.count, ticket.reopen_count, ticket.recurrence_of, ticket.parent),
            *(ticket.problem, int((ticket.clock_start_at - at(0)).total_seconds())),
        )
        for ticket in memory.tickets()
    ]
    told = [(notice.kind.value, notice.cause.value) for notice in memory.books.notices]
    found, notices, ledger = played_in_database(store, acts)
    assert sorted(ledger) == sorted(memory.ledger())
    assert _renumbered(found) == _renumbered(wanted)
    assert sorted(notices) == sorted(told)


def played_in_database(
    store: Store, acts: Sequence[tuple[int, str, int, str, int]]
) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]], list[tuple[str, str, int]]]:
    """Tickets, notices and ledger; the database is left as it was."""
    with store.engine.connect() as connection:
        for site in "abcdefg":
            row = {"id": site, "name": site, "customer": site, "tz": "UTC", "created_at": at(0)}
            connection.execute(insert(site_table).values(row))
        stored = StoredStory(connection, RULES)
        stored.stored.site_count = lambda: 7  # type: ignore[method-assign]
        stored.stored.host_count = lambda site: 1  # type: ignore[method-assign]
        play(stored, acts)
        start = int(START.timestamp())
        found = [(*row[:10], row[10] // 1_000_000 - start) for row in stored.outcome()]
        notices, ledger = stored.notices(), stored.ledger()
        connection.rollback()
    return found, notices, ledger


def _renumbered(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Ids from 1 on, whatever the database counted before."""
    numbers = {row[0]: number for number, row in enumerate(found, 1)}
    problems = {problem: number for number, problem in enumerate(dict.fromkeys(row[9] for row in found if row[9]), 1)}
    return [
        (
            numbers[row[0]],
            *row[1:7],
            numbers.get(row[7]),
            numbers.get(row[8]),
            problems.get(row[9]),
            row[10],
        )
        for row in found
    ]
