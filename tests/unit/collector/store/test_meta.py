from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collector.store.database import Store
from collector.store.meta import REGISTRY_VERSION, keep_meta, next_number, read_meta, touch_registry
from collector.store.opening import open_store_in


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store_in(tmp_path)
    yield store
    store.close()


def _numbered(store: Store, year: int) -> str:
    with store.writing() as connection:
        return next_number(connection, year)


def test_ticket_numbers_have_no_gaps_and_begin_again_each_year(store: Store) -> None:
    assert [_numbered(store, 2026) for _ in range(2)] == ["2026-000001", "2026-000002"]
    with store.engine.connect() as connection, connection.begin() as transaction:
        assert next_number(connection, 2026) == "2026-000003"
        transaction.rollback()
    assert _numbered(store, 2026) == "2026-000003", "what was rolled back was not used"
    assert _numbered(store, 2027) == "2027-000001"


def test_numbers_taken_at_once_are_all_different(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(pool.map(lambda _: _numbered(store, 2026), range(40)))
    assert numbers == [f"2026-{at:06d}" for at in range(1, 41)]


def test_the_first_value_stays(store: Store) -> None:
    with store.writing() as connection:
        assert read_meta(connection, "novel") is None
        assert [keep_meta(connection, "novel", value) for value in ("one", "two")] == ["one", "one"]
        assert read_meta(connection, "novel") == "one"


def test_each_change_of_the_fleet_gives_another_version(store: Store) -> None:
    versions = []
    for _ in range(12):
        with store.writing() as connection:
            touch_registry(connection)
            versions.append(read_meta(connection, REGISTRY_VERSION))
    assert len(set(versions)) == 12
