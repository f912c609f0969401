from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from agent.health.listing import Sent, differences
from collector.fleet.software import repository
from collector.store.database import Store
from tests.builders import NOW
from tests.fakes.seeded_console import Seeds, open_store
from wire.messages import InventoryDiff, SoftwareKind

PACKAGES = {f"lib{number:04}": "1.0" for number in range(1_234)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "c.db")
    yield store
    store.close()


class Host:
    """An agent that tells its packages as a real one does."""

    def __init__(self, store: Store) -> None:
        self.store = store
        seeds = Seeds(store)
        seeds.site()
        self.id = seeds.host()
        self.sent = Sent()
        self.at = NOW

    def diffs(self, found: Mapping[str, str], of: SoftwareKind = SoftwareKind.PACKAGE) -> list[InventoryDiff]:
        self.at += timedelta(hours=1)
        self.sent, diffs = differences(of, self.sent, found, self.at)
        return diffs

    def deliver(self, diffs: list[InventoryDiff]) -> None:
        with self.store.writing() as connection:
            repository.take(connection, agent_id=self.id, site_id="daejeon", diffs=diffs)

    def held(self, words: str = "") -> dict[str, str]:
        with self.store.reading() as connection:
            return {row.name: row.version for row in repository.search_packages(connection, "daejeon", words, 10_000)}

    def is_sure(self) -> bool:
        with self.store.reading() as connection:
            return repository.lists_of(connection, self.id)["package"].is_sure


@pytest.fixture
def host(store: Store) -> Host:
    return Host(store)


def test_a_whole_list_comes_in_pieces_and_then_differences(host: Host) -> None:
    whole = host.diffs(PACKAGES)
    assert len(whole) == 3
    host.deliver(whole)
    assert host.held() == PACKAGES
    changed = {**PACKAGES, "lib0001": "2.0", "new": "1"}
    del changed["lib0002"]
    diffs = host.diffs(changed)
    assert [(diff.present, diff.gone) for diff in diffs] == [({"lib0001": "2.0", "new": "1"}, ["lib0002"])]
    host.deliver(diffs)
    assert host.held() == changed
    assert host.is_sure()
    with host.store.reading() as connection:
        assert repository.lists_of(connection, host.id)["package"].count == len(changed)


def test_the_same_difference_twice_changes_nothing(host: Host) -> None:
    host.deliver(host.diffs(PACKAGES))
    diffs = host.diffs({**PACKAGES, "new": "1"})
    host.deliver(diffs)
    host.deliver(diffs)
    assert host.held() == {**PACKAGES, "new": "1"}
    assert host.is_sure()


def test_a_missed_difference_is_known_until_the_whole_list_comes(host: Host) -> None:
    host.deliver(host.diffs({"a": "1", "b": "1"}))
    host.diffs({"a": "2", "b": "1"})  # never arrives
    host.deliver(host.diffs({"a": "2", "b": "2"}))
    assert host.held() == {"a": "1", "b": "2"}
    assert not host.is_sure()
    host.at += timedelta(days=8)
    host.deliver(host.diffs({"a": "2", "b": "2"}))
    assert host.held() == {"a": "2", "b": "2"}
    assert host.is_sure()


def test_the_date_is_that_of_the_version(host: Host) -> None:
    host.deliver(host.diffs({"a": "1", "b": "1"}))
    first = host.at
    host.at += timedelta(days=8)
    host.deliver(host.diffs({"a": "1", "b": "2"}))
    with host.store.reading() as connection:
        rows = repository.search_packages(connection, "daejeon", "", 10)
    assert {row.name: row.changed_at for row in rows} == {"a": first, "b": host.at}


def test_search_takes_words_as_they_are(host: Host) -> None:
    host.deliver(host.diffs({"libssl3": "1", "openssl": "2", "100%": "3"}))
    assert set(host.held("ssl")) == {"libssl3", "openssl"}
    assert set(host.held("%")) == {"100%"}
    assert host.held("zzz") == {}


def test_modules_stand_beside_packages(host: Host) -> None:
    host.deliver(host.diffs({"a": "1"}))
    host.sent = Sent()
    host.deliver(host.diffs({"clinic/BILLING": "4.2"}, SoftwareKind.MODULE))
    with host.store.reading() as connection:
        found = repository.modules_of(connection, "daejeon", 10)
    assert [(row.name, row.version, row.hostname) for row in found] == [("clinic/BILLING", "4.2", "his-app-01")]
    assert host.held() == {"a": "1"}
