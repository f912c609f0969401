"""Partitions on a real PostgreSQL: no row is refused without one, rows move when it is made, old ones go whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from collector.store.database import Connection, Store
from collector.store.opening import shared_store
from collector.store.partitions import AHEAD, BATCHES, DAY_US, HOURS, carry_out, numbers_of, wanted
from tests.fakes.stores import Server

TODAY = 20_000  # days since 1970


@pytest.fixture
def store(database_server: tuple[Server, Path]) -> Iterator[Store]:
    server, folder = database_server
    name = server.new_database()
    store = shared_store(server.url(name), folder / "password")
    with store.writing() as connection:
        connection.execute(
            text("INSERT INTO site (id, name, customer, tz, created_at) VALUES ('s', 'S', 'C', 'UTC', 0)")
        )
        names = "id, site_id, key_id, public_key, hostname, enrolled_at"
        connection.execute(text(f"INSERT INTO agent ({names}) VALUES ('a', 's', 'k', '', 'h', 0)"))  # noqa: S608
    yield store
    store.close()
    server.drop(name)


def add_batch(connection: Connection, day: int, sequence: int) -> None:
    connection.execute(
        text(
            "INSERT INTO batch (agent_id, epoch, sequence, received_at, sealed_at, digest, records, parked, repeated)"
            " VALUES ('a', 'e', :sequence, :at, 0, '', 0, 0, 0)"
        ),
        {"sequence": sequence, "at": day * DAY_US + 5},
    )


def where(connection: Connection) -> dict[str, int]:
    rows = connection.execute(text("SELECT tableoid::regclass::text AS part, count(*) AS rows FROM batch GROUP BY 1"))
    return {row.part: row.rows for row in rows}


def tend(store: Store, day: int, keep_days: int) -> bool:
    with store.writing() as connection:
        plan = wanted(connection, BATCHES, day * DAY_US, (day - keep_days) * DAY_US)
        carry_out(connection, plan)
        return bool(plan)


def test_a_row_without_a_partition_is_kept_and_moves(store: Store) -> None:
    with store.writing() as connection:
        for sequence, day in enumerate((TODAY - 1, TODAY, TODAY + 1)):
            add_batch(connection, day, sequence)
        assert where(connection) == {"batch_rest": 3}
    assert tend(store, TODAY, 14)
    with store.writing() as connection:
        assert where(connection) == {"batch_rest": 1, f"batch_p{TODAY}": 1, f"batch_p{TODAY + 1}": 1}
        add_batch(connection, TODAY, 3)
        assert where(connection)[f"batch_p{TODAY}"] == 2
    assert not tend(store, TODAY, 14), "nothing more to do"


def test_what_is_too_old_goes_whole(store: Store) -> None:
    tend(store, TODAY, 14)
    with store.writing() as connection:
        for ahead in range(AHEAD + 1):
            add_batch(connection, TODAY + ahead, ahead)
    tend(store, TODAY + 2, 1)
    with store.reading() as connection:
        assert min(numbers_of(connection, BATCHES)) == TODAY + 1
        assert sum(where(connection).values()) == AHEAD, "a partition goes when all of it is too old"
        assert len(numbers_of(connection, BATCHES)) == AHEAD + 2


def test_ids_and_keys_hold_across_partitions(store: Store) -> None:
    tend(store, TODAY, 14)
    with store.writing() as connection:
        for at in range(4):
            add_batch(connection, TODAY + at % 2, at)
        ids = connection.execute(text("SELECT id FROM batch ORDER BY id")).scalars().all()
        assert len(set(ids)) == 4
        for part in (f"batch_p{TODAY}", "health_hour_rest"):
            unique = "SELECT count(*) FROM pg_index WHERE indrelid = CAST(:part AS regclass) AND indisunique"
            assert connection.execute(text(unique), {"part": part}).scalar_one() >= 1, part


def test_hours_of_health_are_partitioned_by_weeks(store: Store) -> None:
    with store.writing() as connection:
        plan = wanted(connection, HOURS, TODAY * 24, (TODAY - 60) * 24)
        assert len(plan.missing) == AHEAD + 1
        carry_out(connection, plan)
        hour = "INSERT INTO health_hour (agent_id, hour, site_id, samples, body) VALUES ('a', :hour, 's', 1, '')"
        for number in (TODAY * 24, TODAY * 24 + 1, 5):
            connection.execute(text(hour), {"hour": number})
        rest = connection.execute(text("SELECT count(*) FROM health_hour_rest")).scalar_one()
        assert rest == 1, "an hour of long ago came late"
