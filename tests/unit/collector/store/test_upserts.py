"""The same statement, once in the words of each database."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, select, text
from sqlalchemy.dialects import postgresql, sqlite

from collector.store.upserts import Upsert, greatest, least, upsert

thing = Table(
    "thing",
    MetaData(),
    Column("name", String(8), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("at", Integer, nullable=False),
)


def counting() -> Upsert:
    row = upsert(thing)
    return row.on_conflict_do_update(
        index_elements=[thing.c.name],
        set_={"count": thing.c.count + row.excluded.count, "at": greatest(thing.c.at, row.excluded.at)},
        where=thing.c.count < 100,
    )


def words(statement: Upsert, dialect: str) -> str:
    made = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}[dialect]  # type: ignore[no-untyped-call]
    return " ".join(str(statement.compile(dialect=made)).split())


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_row_that_is_there_is_updated(dialect: str) -> None:
    function = {"sqlite": "max", "postgresql": "greatest"}[dialect]
    said = words(counting(), dialect)
    assert "ON CONFLICT (name) DO UPDATE SET count = (thing.count + excluded.count)" in said
    assert f"at = {function}(thing.at, excluded.at) WHERE thing.count < " in said


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_row_that_is_there_is_left(dialect: str) -> None:
    assert words(upsert(thing).on_conflict_do_nothing(), dialect).endswith("ON CONFLICT DO NOTHING")
    partly = upsert(thing).on_conflict_do_nothing(index_elements=["name"], index_where=text("count > 0"))
    assert words(partly, dialect).endswith("ON CONFLICT (name) WHERE count > 0 DO NOTHING")


def test_it_runs() -> None:
    with create_engine("sqlite://").begin() as connection:
        thing.create(connection)
        connection.execute(counting(), {"name": "a", "count": 1, "at": 5})
        connection.execute(counting(), {"name": "a", "count": 2, "at": 3})
        assert connection.execute(select(thing.c.count, thing.c.at)).one() == (3, 5)
        assert connection.execute(select(least(thing.c.count, 2, thing.c.at))).scalar_one() == 2
