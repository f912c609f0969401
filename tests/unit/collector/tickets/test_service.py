"""What people do to tickets, on a real database: the timeline tells each act, a refused one changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from collector.auth.service import add_user
from collector.errors import TicketRefused
from collector.store.database import Store
from collector.tickets import service
from tests.fakes.seeded_console import Seeds
from tests.fakes.stores import open_store

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
By = dict[str, Any]
JH: By = {"actor": "jh", "now": NOW}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def seeds(store: Store) -> Seeds:
    seeds = Seeds(store)
    seeds.site()
    return seeds


def rows(store: Store, sql: str) -> list[dict[str, Any]]:
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(text(sql)).mappings()]


def everything(store: Store) -> list[list[dict[str, Any]]]:
    return [rows(store, f"SELECT * FROM {table}") for table in ("ticket", "ticket_event", "alert")]  # noqa: S608


def test_each_act_is_one_line_of_the_timeline(store: Store, seeds: Seeds) -> None:
    number = seeds.ticket()
    service.acknowledge(store, number, **JH)
    service.comment(store, number, text="  called\x00 the ward \n", **JH)
    service.resolve(store, number, note="restarted", **JH)
    service.close(store, number, **JH)
    service.reopen(store, number, note="again", **JH)
    [ticket] = rows(store, "SELECT status, acknowledged_by, resolution, resolved_at, closed_at FROM ticket")
    assert ticket["status"] not in {"resolved", "closed"}
    assert (ticket["resolution"], ticket["resolved_at"], ticket["closed_at"]) == (None, None, None)
    told = rows(store, "SELECT kind, actor, detail FROM ticket_event ORDER BY id")
    kinds = ["opened", "acknowledged", "commented", "resolved", "closed", "reopened"]
    assert [entry["kind"] for entry in told] == kinds
    assert {entry["actor"] for entry in told[1:]} == {"jh"}
    assert 'called\ufffd the ward"' in told[2]["detail"] or 'called\\ufffd the ward"' in told[2]["detail"]


ACTS: list[Callable[[Store, str], None]] = [
    lambda store, number: service.acknowledge(store, number, **JH),
    lambda store, number: service.assign(store, number, assignee="jh", **JH),
    lambda store, number: service.comment(store, number, text="x", **JH),
    lambda store, number: service.resolve(store, number, note="x", **JH),
]


@pytest.mark.parametrize("act", ACTS)
def test_after_any_act_the_machine_keeps_off(act: Callable[[Store, str], None], store: Store, seeds: Seeds) -> None:
    number = seeds.ticket()
    add_user(store, "jh", password=None, language="en", new_secret=lambda: "f" * 32, now=NOW)
    assert rows(store, "SELECT touched FROM ticket") == [{"touched": 0}]
    act(store, number)
    assert rows(store, "SELECT touched FROM ticket") == [{"touched": 1}]


def test_of_two_who_resolve_at_once_one_is_refused(store: Store, seeds: Seeds) -> None:
    number = seeds.ticket()

    def resolve(at: int) -> bool:
        try:
            service.resolve(store, number, actor=f"user{at}", note="mine", now=NOW)
        except TicketRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(resolve, range(8))) == 1
    assert len(rows(store, "SELECT id FROM ticket_event WHERE kind = 'resolved'")) == 1


Act = Callable[[Store, str], None]
REFUSED: dict[str, tuple[dict[str, Any], Act, str]] = {
    "acknowledged before": (
        {"acknowledged_by": "sy", "status": "acknowledged"},
        lambda store, number: service.acknowledge(store, number, **JH),
        "already acknowledged by sy",
    ),
    "nobody of that name": (
        {},
        lambda store, number: service.assign(store, number, assignee="nobody", **JH),
        "no active user nobody",
    ),
    "assigned when it is over": (
        {"status": "resolved"},
        lambda store, number: service.assign(store, number, assignee="jh", **JH),
        "is resolved",
    ),
    "resolved twice": (
        {"status": "resolved"},
        lambda store, number: service.resolve(store, number, note="x", **JH),
        "is resolved",
    ),
    "closed while it is open": ({}, lambda store, number: service.close(store, number, **JH), "is new"),
    "reopened while it is open": (
        {},
        lambda store, number: service.reopen(store, number, note="x", **JH),
        "not possible now",
    ),
    "an empty text": ({}, lambda store, number: service.comment(store, number, text=" \n", **JH), "a text is needed"),
    "a long text": ({}, lambda store, number: service.comment(store, number, text="x" * 10_001, **JH), "10000"),
    "an unknown number": ({}, lambda store, _: service.close(store, "2020-000001", **JH), "no ticket 2020-000001"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_changes_nothing(name: str, store: Store, seeds: Seeds) -> None:
    given, act, words = REFUSED[name]
    number = seeds.ticket(**given)
    before = everything(store)
    with pytest.raises(TicketRefused, match=words):
        act(store, number)
    assert everything(store) == before


def test_a_ticket_is_not_reopened_beside_a_live_one_of_the_same_fault(store: Store, seeds: Seeds) -> None:
    old, new = seeds.ticket(status="resolved"), seeds.ticket()
    with store.writing() as connection:
        one = "UPDATE ticket SET fingerprint_id = (SELECT min(fingerprint_id) FROM ticket)"
        connection.execute(text(one))
    before = everything(store)
    with pytest.raises(TicketRefused, match="has a live ticket"):
        service.reopen(store, old, note="x", **JH)
    assert everything(store) == before
    service.resolve(store, new, note="done", **JH)
    service.reopen(store, old, note="x", **JH)
