"""Any mixture of events, clearing, time and people: the invariants of alerts and tickets hold in the database.

I1 one live ticket for a fingerprint; I2 an event counts once; I3 what a ticket counts is what its
events count; and every event has an end: nothing is dropped uncounted.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from collector.errors import TicketRefused
from collector.fleet.model import Site
from collector.fleet.repository import add_site
from collector.jobs.due import pass_time
from collector.settings import Rules
from collector.store.database import Store
from collector.store.opening import open_store_in
from collector.tickets import service
from collector.tickets.codebook import Codebook
from collector.tickets.recording import Sighting, record
from tests.builders import an_event
from wire.catalogue.model import Catalogue, ErrorCode, Module, Texts
from wire.messages import Status

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
RULES = Rules(open_delay_s=(0, 30, 60, 120), stable_s=(60, 60, 60, 60), stateless_expiry_s=90, reopen_within_s=600)


def _code(code: str, level: int, **other: Any) -> ErrorCode:
    return ErrorCode(code=code, level=level, title=Texts(en=code), **other)


CATALOGUE = Catalogue(
    product="clinic",
    version="1",
    modules=[
        Module(
            code="billing",
            name=Texts(en="Billing"),
            errors=[
                _code("B-1", 1, clears_by="B-OK", identity=["queue"]),
                _code("B-3", 3, clears_by="B-OK"),
                _code("B-OK", 4),
                _code("B-4", 4),
            ],
        )
    ],
)
CODEBOOK = Codebook([CATALOGUE])

EVENTS = st.tuples(
    st.sampled_from(["B-1", "B-3", "B-OK", "B-4", "UNKNOWN"]),
    st.sampled_from([{}, {"queue": "a"}, {"queue": "b"}]),
    st.integers(1, 5),  # count
    st.sampled_from([Status.FIRING] * 4 + [Status.OK]),
    st.booleans(),  # repeat the id of an earlier event
    st.integers(0, 9),  # 0: history
    st.integers(-400, 10),  # occurred, seconds from now
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("batch"), st.lists(EVENTS, min_size=1, max_size=6)),
        st.tuples(st.just("wait"), st.sampled_from([1, 29, 31, 61, 95, 700])),
        st.tuples(st.just("person"), st.sampled_from(["acknowledge", "comment", "resolve", "close", "reopen"])),
    ),
    min_size=1,
    max_size=14,
)


@given(steps=STEPS)
def test_the_invariants_hold(steps: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    store = _store(tmp_path_factory.mktemp("store"))
    try:
        _play(store, steps)
    finally:
        store.close()


def _store(folder: Path) -> Store:
    store = open_store_in(folder)
    with store.writing() as connection:
        add_site(connection, Site("seoul", "Hospital", "Hanbit", "Asia/Seoul", "en", START))
    return store


def _play(store: Store, steps: list[Any]) -> None:
    now = START
    ids = itertools.count(1)
    sent: dict[str, int] = {}  # event id -> count
    repeated = 0
    for kind, step in steps:
        now += timedelta(seconds=1)
        if kind == "wait":
            now += timedelta(seconds=step)
            while pass_time(store, CODEBOOK, RULES, now):
                pass
        elif kind == "person":
            _act(store, step, now)
        else:
            repeated += _send(store, step, now, ids, sent)
        _check(store, sent)


def _send(store: Store, events: list[Any], now: datetime, ids: Any, sent: dict[str, int]) -> int:
    sightings, expected = [], 0
    for code, identity, count, status, again, history, occurred in events:
        event_id = next(iter(sent)) if again and sent else f"{next(ids):016x}"
        expected += event_id in sent
        sent.setdefault(event_id, count)
        at = now + timedelta(seconds=occurred)
        event = an_event(
            event_id=event_id,
            code=code,
            identity=identity,
            count=count,
            status=status,
            history=history == 0,
            occurred_at=at,
            first_at=at,
            last_at=at,
        )
        sightings.append(Sighting(event, now))
    with store.writing() as connection:
        repeated = record(connection, "seoul", sightings, codebook=CODEBOOK, rules=RULES)
    assert repeated == expected, "I2"
    return repeated


def _act(store: Store, act: str, now: datetime) -> None:
    with store.reading() as connection:
        numbers = connection.execute(text("SELECT number FROM ticket ORDER BY id DESC LIMIT 2")).scalars().all()
    for number in numbers:
        try:
            match act:
                case "acknowledge":
                    service.acknowledge(store, number, actor="kim", now=now)
                case "comment":
                    service.comment(store, number, actor="kim", text="looking", now=now)
                case "resolve":
                    service.resolve(store, number, actor="kim", note="done", now=now)
                case "close":
                    service.close(store, number, actor="kim", now=now)
                case _:
                    service.reopen(store, number, actor="kim", note="again", now=now)
        except TicketRefused:
            continue


CHECKS = {
    "I1: one live ticket": """SELECT fingerprint_id FROM ticket
        WHERE status NOT IN ('resolved','closed','cancelled','merged') GROUP BY 1 HAVING count(*) > 1""",
    "I3: a ticket counts its events": """SELECT t.id FROM ticket t
        WHERE t.count <> (SELECT coalesce(sum(count), 0) FROM event e WHERE e.ticket_id = t.id)""",
    "the fingerprint counts all": """SELECT f.id FROM fingerprint f
        WHERE f.total <> (SELECT sum(count) FROM event e WHERE e.fingerprint_id = f.id)""",
    "a ticket exactly where it counts": """SELECT id FROM event
        WHERE (ticket_id IS NULL) <> (disposition <> 'ticket')""",
    "what waits is known to its alert": """SELECT a.fingerprint_id FROM alert a WHERE a.waiting_count <>
        (SELECT coalesce(sum(count), 0) FROM event e
         WHERE e.fingerprint_id = a.fingerprint_id AND e.disposition = 'pending')""",
    "what fires has a ticket": "SELECT fingerprint_id FROM alert WHERE state = 'firing' AND ticket_id IS NULL",
    "what waits will be looked at": "SELECT fingerprint_id FROM alert WHERE state = 'pending' AND due_at IS NULL",
    "an opened ticket says so": """SELECT id FROM ticket t
        WHERE 1 <> (SELECT count(*) FROM ticket_event e WHERE e.ticket_id = t.id AND e.kind = 'opened')""",
    "a clearing code opens nothing": "SELECT id FROM ticket WHERE code = 'B-OK'",
}


def _check(store: Store, sent: dict[str, int]) -> None:
    with store.reading() as connection:
        for name, query in CHECKS.items():
            assert connection.execute(text(query)).all() == [], name
        total = connection.execute(text("SELECT coalesce(sum(count), 0) FROM event")).scalar_one()
        assert total == sum(sent.values()), "nothing is dropped uncounted"
        numbers = connection.execute(text("SELECT number FROM ticket ORDER BY id")).scalars().all()
        assert list(numbers) == [f"2026-{at:06d}" for at in range(1, len(numbers) + 1)], "no gap"
