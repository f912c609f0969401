"""A prepared statement does what SQLAlchemy does with it: the same rows, types, errors and transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from collector.store.database import Store, savepoint
from collector.store.opening import open_store_in
from collector.store.prepared import SHAPES_MAX, Prepared
from collector.store.tables import agent, meta, site
from collector.store.upserts import upsert

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ADD = Prepared(insert(site))
FIND = Prepared(select(site.c.id, site.c.created_at).where(site.c.id.in_(bindparam("ids", expanding=True))))
_row = upsert(meta)
COUNT = Prepared(
    _row.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": _row.excluded.value}).returning(meta.c.value)
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store_in(tmp_path)
    yield opened
    opened.close()


def _site(name: str) -> dict[str, object]:
    return {"id": name, "name": "S", "customer": "C", "tz": "UTC", "language": "en", "created_at": START}


def test_rows_come_back_with_their_types(store: Store) -> None:
    with store.writing() as connection:
        ADD.run(connection, [_site("a")])
        ADD.run(connection, [_site("b"), _site("c")])
        found = FIND.rows(connection, ids=["a", "c", "x"])
        same = connection.execute(select(site.c.id, site.c.created_at).where(site.c.id.in_(["a", "c"]))).all()
    assert [(row.id, row.created_at) for row in found] == [("a", START), ("c", START)] == [tuple(row) for row in same]


def test_an_empty_list_finds_nothing_and_a_long_one_everything(store: Store) -> None:
    with store.writing() as connection:
        names = [f"s{at:04d}" for at in range(1_300)]
        ADD.run(connection, [_site(name) for name in names])
        assert FIND.rows(connection, ids=[]) == []
        assert [row.id for row in FIND.each(connection, "ids", names)] == names


def test_an_upsert_gives_its_row(store: Store) -> None:
    with store.writing() as connection:
        assert COUNT.one(connection, key="k", value="1").value == "1"
        assert COUNT.one(connection, key="k", value="2").value == "2"


def test_constants_of_the_statement_are_bound(store: Store) -> None:
    move = Prepared(update(site).where(site.c.id == bindparam("row_id"), site.c.created_at == START))
    with store.writing() as connection:
        ADD.run(connection, [_site("a")])
        move.run(connection, [{"row_id": "a", "name": "new"}])
        assert connection.execute(select(site.c.name)).scalar_one() == "new"


def test_what_the_database_refuses_is_what_sqlalchemy_would_say(store: Store) -> None:
    with store.writing() as connection:
        ADD.run(connection, [_site("a")])
        with pytest.raises(IntegrityError), savepoint(connection):
            ADD.run(connection, [_site("b"), _site("a")])
        with pytest.raises(IntegrityError), savepoint(connection):
            Prepared(update(site)).run(connection, [{"tz": None}])
        assert [row.id for row in FIND.rows(connection, ids=["a", "b"])] == ["a"]


def test_a_reader_sees_one_state(store: Store) -> None:
    def ids(connection: Connection) -> list[str]:
        return [row.id for row in FIND.rows(connection, ids=["a"])]

    with store.reading() as reading:
        assert ids(reading) == []
        with store.writing() as connection:
            ADD.run(connection, [_site("a")])
        assert ids(reading) == [], "its transaction began before"
    with store.reading() as reading:
        assert ids(reading) == ["a"]


def test_shapes_are_bounded(store: Store) -> None:
    names = [column.name for column in agent.c]
    statement = Prepared(select(*(agent.c[name] for name in names)))
    with store.reading() as connection:
        for at in range(SHAPES_MAX):
            statement.rows(connection, **{f"unused_{at}": at})
        with pytest.raises(ValueError, match="too many shapes"):
            statement.rows(connection, one_more=1)
