"""Which statements become arrays, and how they read; tests/integration/.../test_postgresql.py runs them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, bindparam, insert, select
from sqlalchemy.dialects.sqlite import dialect as sqlite
from sqlalchemy.sql.compiler import SQLCompiler

from collector.store.arrays import as_arrays, columns_of
from collector.store.instant import Instant
from collector.store.postgresql_dialect import Dialect
from collector.store.upserts import upsert

ODD = Table("odd", MetaData(), Column("at", Instant), Column("words", String(9)), Column("end", LargeBinary))
KEYS = ("at", "words", "end")
POSTGRESQL: Any = Dialect()  # type: ignore[no-untyped-call]


def _arrays(statement: Any, dialect: Any) -> str | None:
    compiled = statement.compile(dialect=dialect, column_keys=list(KEYS))
    assert isinstance(compiled, SQLCompiler)
    return as_arrays(statement, compiled, KEYS, dialect)


def test_a_plain_insertion_takes_an_array_for_each_column() -> None:
    assert _arrays(insert(ODD), POSTGRESQL) == (
        'INSERT INTO odd (at, words, "end") SELECT * FROM unnest(%(at)s::BIGINT[], %(words)s::TEXT[], %(end)s::BYTEA[])'
    )


@pytest.mark.parametrize(
    "statement",
    [
        upsert(ODD).on_conflict_do_nothing(),
        insert(ODD).returning(ODD.c.at),
        insert(ODD).from_select(["at"], select(ODD.c.at)),
        select(ODD.c.at).where(ODD.c.words == bindparam("words")),
    ],
)
def test_anything_else_stays_as_it_is(statement: Any) -> None:
    assert _arrays(statement, POSTGRESQL) is None


def test_sqlite_has_no_use_for_it() -> None:
    assert _arrays(insert(ODD), sqlite()) is None


def test_values_by_column() -> None:
    assert columns_of([{"a": 1, "b": None}, {"b": "x", "a": 2}]) == {"a": [1, 2], "b": [None, "x"]}
