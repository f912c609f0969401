"""Statements that mean the same on SQLite and on PostgreSQL: INSERT ... ON CONFLICT, and the greater of two values.

`upsert(table)` is used as SQLAlchemy's own `insert` of either; which one it becomes is decided where it runs, so
statements can be built once, before anybody knows the database. What the two do not share, callers keep to:

* The predicate of a partial index (`index_where`) is text without bound values: SQLite finds no index by a bound one.
* The same key never stands twice in one call: SQLite updates the row twice, PostgreSQL refuses the statement.
* Rows go in the order of their key, so that two writers never wait for each other.
* A failed statement ends PostgreSQL's transaction: what may fail alone runs within `database.savepoint`.
"""

from __future__ import annotations

from typing import Any, Self

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import ReturnTypeFromArgs


class _DoNothing(OnConflictDoNothing):
    inherit_cache = True
    constraint_target = None  # PostgreSQL's compiler asks for it: the name of a constraint, which we never give


class _DoUpdate(OnConflictDoUpdate):
    inherit_cache = True
    constraint_target = None


class Upsert(sqlite.Insert):
    """An INSERT with ON CONFLICT for both databases."""

    inherit_cache = True

    def on_conflict_do_update(
        self, index_elements: Any = None, index_where: Any = None, set_: Any = None, where: Any = None
    ) -> Self:
        """Update the row that is there; `index_elements` name the unique columns."""
        return self.ext(_DoUpdate(index_elements, index_where, set_, where))

    def on_conflict_do_nothing(self, index_elements: Any = None, index_where: Any = None) -> Self:
        """Leave the row that is there."""
        return self.ext(_DoNothing(index_elements, index_where))


def upsert(table: Table) -> Upsert:
    """Begin an upsert of a table."""
    return Upsert(table)


class greatest(ReturnTypeFromArgs[Any]):  # noqa: N801  # a function of SQL, by its name there
    """The greatest of several values of one row."""

    inherit_cache = True


class least(ReturnTypeFromArgs[Any]):  # noqa: N801
    """The least of several values of one row."""

    inherit_cache = True


@compiles(greatest, "sqlite")
def _greatest(element: ColumnElement[Any], compiler: Any, **kw: Any) -> str:
    return f"max{compiler.process(element.clause_expr, **kw)}"


@compiles(least, "sqlite")
def _least(element: ColumnElement[Any], compiler: Any, **kw: Any) -> str:
    return f"min{compiler.process(element.clause_expr, **kw)}"
