"""The one metadata, with names for every constraint, and the single facts."""

from __future__ import annotations

from typing import TypedDict

from sqlalchemy import Column, MetaData, String, Table, Text, TextClause, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Partial(TypedDict):
    """The predicate of a partial index, as SQLAlchemy wants it for each database."""

    sqlite_where: TextClause
    postgresql_where: TextClause


def where(predicate: str) -> Partial:
    """An index of these rows only."""
    return {"sqlite_where": text(predicate), "postgresql_where": text(predicate)}


# One row: `generation` names this database towards agents.
meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))
