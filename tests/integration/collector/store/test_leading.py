"""The lead over background work goes to one process, and to another when that one is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.store.database import Store
from collector.store.opening import shared_store
from tests.fakes.stores import Server

Place = tuple[Server, Path]


@pytest.fixture
def desks(database_server: Place) -> Iterator[list[Store]]:
    """Three collectors on one database."""
    server, folder = database_server
    name = server.new_database()
    stores = [shared_store(server.url(name), folder / "password") for _ in range(3)]
    yield stores
    for store in stores:
        store.close()
    server.drop(name)


def leaders(desks: list[Store]) -> list[int]:
    return [at for at, store in enumerate(desks) if store.is_leader()]


def test_one_leads_until_it_ends(desks: list[Store]) -> None:
    assert leaders(desks) == [0]
    assert leaders(desks) == [0]
    desks[0].close()
    assert leaders(desks[1:]) == [0]
    assert not desks[0].is_leader(), "it may ask again, and waits its turn"


def test_a_session_that_was_ended_leads_no_more(desks: list[Store], database_server: Place) -> None:
    assert leaders(desks) == [0]
    name = desks[0].name.rpartition("/")[2]
    server, _ = database_server
    server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608
    end = time.monotonic() + 10
    while len(found := leaders(desks)) != 1:  # the server ends the old session a moment later
        assert time.monotonic() < end
    assert leaders(desks) == found


def test_many_threads_may_ask(desks: list[Store]) -> None:
    found: list[tuple[int, bool]] = []

    def ask(at: int) -> None:
        found.extend((at, desks[at].is_leader()) for _ in range(20))

    threads = [threading.Thread(target=ask, args=(at % 3,)) for at in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    led = {at for at, is_leader in found if is_leader}
    assert len(led) == 1, "never two"


def test_asking_is_cheap(desks: list[Store]) -> None:
    """Two loops ask several times a second."""
    desks[0].is_leader()
    began = time.process_time()
    for _ in range(100):
        desks[0].is_leader()
    assert (time.process_time() - began) / 100 < 0.002
