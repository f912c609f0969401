"""The lab on a real database: it comes to what ingest came to, it is bounded, and it writes nothing."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from collector.errors import TicketRefused
from collector.jobs.due import pass_time
from collector.lab.model import Outcome, Question
from collector.lab.runs import Lab
from collector.settings.model import Rules
from collector.store.database import Store
from collector.store.tables import metadata
from collector.tickets import service
from collector.tickets.codebook import Codebook
from collector.tickets.desk.person import Person
from collector.tickets.holds.model import NewWindow
from collector.tickets.holds.service import add_window
from collector.tickets.recording import Sighting, record
from tests.fakes.desk_story import at, event_of
from tests.fakes.seeded_console import Seeds
from tests.fakes.stores import open_store
from wire.catalogue.model import Catalogue, ErrorCode, Module, Texts

LIMIT_S = 30.0
RULES = Rules()
ERRORS = [
    ErrorCode(code="A", level=1, title=Texts(en="A"), clears_by="A-OK"),
    ErrorCode(code="A-OK", level=4, title=Texts(en="ok")),
    *(ErrorCode(code=f"C{number}", level=2, title=Texts(en="C")) for number in range(25)),
]
CODEBOOK = Codebook(
    [Catalogue(product="clinic", version="1", modules=[Module(code="M", name=Texts(en="M"), errors=ERRORS)])]
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    seeds = Seeds(store, lambda: at(-86_400))
    seeds.site("a", "A")
    seeds.site("b", "B")
    yield store
    store.close()


def fire(store: Store, seconds: float, code: str, site: str = "a") -> None:
    now = at(seconds)
    while pass_time(store, CODEBOOK, RULES, now):
        pass
    with store.writing() as connection:
        record(connection, site, [Sighting(event_of(code, now), now)], codebook=CODEBOOK, rules=RULES)


def a_history(store: Store) -> None:
    """A fault that comes back, a storm, a window, a resolution by a person."""
    fire(store, 0, "A")
    fire(store, 60, "A-OK")
    fire(store, 4_000, "A")
    service.resolve(store, one(store, "SELECT number FROM ticket"), actor="jh", note="x", now=at(4_100))
    fire(store, 5_000, "A")
    for number in range(24):
        fire(store, 10_000 + number, f"C{number}", "b")
    person = Person(store, CODEBOOK, RULES, "jh", at(20_000))
    add_window(person, NewWindow("a", at(20_000), at(21_000), "jh", "Kim"))
    fire(store, 20_100, "C1")
    while pass_time(store, CODEBOOK, RULES, at(20_200)):
        pass


def one(store: Store, sql: str) -> Any:
    with store.reading() as connection:
        return connection.execute(text(sql)).scalars().all()[0]


def everything(store: Store) -> dict[str, list[Any]]:
    with store.reading() as connection:
        return {table.name: list(connection.execute(table.select())) for table in metadata.sorted_tables}


def answer(store: Store, rules: Rules, *, limit: int = 1_000, sites: tuple[str, ...] = ()) -> tuple[Lab, list[Outcome]]:
    ticks = itertools.count()
    lab = Lab(store, lambda: next(ticks) / 1_000, threading.Event(), limit)
    lab.ask(Question(at(-10), sites, rules), CODEBOOK, RULES, actor="jh", now=at(20_200))
    assert lab.wait(LIMIT_S)
    assert lab.progress is not None
    assert lab.progress.failed is None
    return lab, list(lab.progress.outcomes)


def test_with_the_rules_in_force_it_comes_to_what_ingest_came_to(store: Store) -> None:
    a_history(store)
    _, (first, second) = answer(store, RULES)
    assert first == second
    found = everything(store)["ticket"]
    # The window's end lies ahead of the database and behind the lab, whose clock runs on.
    assert first.tickets["fault"] == sum(row.kind == "fault" for row in found) + 1
    assert first.tickets["storm"] == sum(row.kind == "storm" for row in found) == 1
    assert first.reopened == sum(row.reopen_count for row in found)
    assert first.events == len([row for row in everything(store)["event"] if row.code != "A-OK"])


def test_other_thresholds_come_to_something_else_and_nothing_is_written(store: Store) -> None:
    a_history(store)
    before = everything(store)
    lab, (first, second) = answer(store, replace(RULES, storm_fingerprints=30))
    assert second.tickets["fault"] > first.tickets["fault"]
    assert (first.tickets["storm"], second.tickets["storm"], second.tickets["overflow"]) == (1, 0, 1)
    assert everything(store) == before
    assert any(before.values())
    assert lab.progress is not None
    assert (lab.progress.done, lab.progress.is_cut) == (lab.progress.total - 2, False)  # two clearing events


def test_sites_are_chosen_and_events_are_bounded(store: Store) -> None:
    a_history(store)
    _, (first, _) = answer(store, RULES, sites=("a",))
    assert first.tickets["storm"] == 0
    lab, (first, _) = answer(store, RULES, limit=3)
    assert lab.progress is not None
    assert lab.progress.is_cut
    assert first.events == 2  # and one that clears


def test_an_empty_past_is_an_answer(store: Store) -> None:
    _, outcomes = answer(store, RULES)
    assert [outcome.events for outcome in outcomes] == [0, 0]


def test_a_run_that_takes_too_long_ends_and_says_so(store: Store) -> None:
    a_history(store)
    ticks = itertools.count(step=60)
    lab = Lab(store, lambda: float(next(ticks)), threading.Event())
    lab.ask(Question(at(-10), (), RULES), CODEBOOK, RULES, actor="jh", now=at(20_200))
    assert lab.wait(LIMIT_S)
    assert lab.progress is not None
    assert "120 s" in str(lab.progress.failed)


def test_one_question_at_a_time(store: Store) -> None:
    a_history(store)
    held = threading.Event()
    lab = Lab(store, lambda: float(held.wait(LIMIT_S)), threading.Event())
    question = Question(at(-10) - timedelta(days=1), (), RULES)
    lab.ask(question, CODEBOOK, RULES, actor="jh", now=at(0))
    with pytest.raises(TicketRefused, match="another question"):
        lab.ask(question, CODEBOOK, RULES, actor="sy", now=at(0))
    held.set()
    assert lab.wait(LIMIT_S)
    lab.ask(question, CODEBOOK, RULES, actor="sy", now=at(0))
    assert lab.wait(LIMIT_S)
