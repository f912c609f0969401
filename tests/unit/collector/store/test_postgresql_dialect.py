"""The same words mean the same: 64 bits, text without a limit, sorted by its bytes."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, select
from sqlalchemy.schema import CreateTable

from collector.store.postgresql_dialect import Dialect

thing = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(8), nullable=False),
    Column("is_red", Boolean, nullable=False),
)


def test_a_table() -> None:
    words = " ".join(str(CreateTable(thing).compile(dialect=Dialect())).split())  # type: ignore[no-untyped-call]
    assert "id BIGSERIAL NOT NULL" in words
    assert 'name TEXT COLLATE "C" NOT NULL' in words
    assert "is_red BOOLEAN NOT NULL" in words


def test_a_parameter_is_no_narrower_than_its_column() -> None:
    words = str(select(thing.c.id).where(thing.c.id == 1, thing.c.name == "a").compile(dialect=Dialect()))  # type: ignore[no-untyped-call]
    assert "BIGINT" in words
    assert "::TEXT" in words or "::VARCHAR" not in words
