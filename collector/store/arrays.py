"""Many new rows in one statement, on PostgreSQL: each column travels as one array.

The driver's own way sends a statement for each row, and the server plans, runs and answers each of them. An
`INSERT ... SELECT * FROM unnest(...)` is one message whatever it holds, so that its text does not depend on the
number of rows and is prepared once. Only plain insertions are written so: an upsert may meet the same key twice in
one statement, which SQLite counts twice and PostgreSQL refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Dialect, Insert
from sqlalchemy.sql.compiler import SQLCompiler

LEAST_ROWS = 4  # below it the driver's own way costs no more
ROWS_MAX = 2_000  # in one statement, so that what is in memory twice stays small


def as_arrays(statement: object, compiled: SQLCompiler, keys: Sequence[str], dialect: Dialect) -> str | None:
    """The text that takes an array for each of these parameters; None where the statement is no such insertion."""
    if dialect.name != "postgresql" or not isinstance(statement, Insert) or "ON CONFLICT" in compiled.string:
        return None
    if statement.select is not None or compiled.effective_returning or any("." in key for key in keys):
        return None
    kinds = [_kind(compiled.binds[key].type, dialect) for key in keys]
    columns = ", ".join(compiled.preparer.quote(key) for key in keys)
    arrays = ", ".join(f"%({key})s::{kind}[]" for key, kind in zip(keys, kinds, strict=True))
    table = compiled.preparer.format_table(statement.table)
    return f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays})"  # noqa: S608  # names of our own tables


def columns_of(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The same values by column.

    >>> columns_of([{"a": 1, "b": 2}, {"a": 3, "b": 4}])
    {'a': [1, 3], 'b': [2, 4]}
    """
    return {key: [row[key] for row in rows] for key in rows[0]}


def _kind(kind: Any, dialect: Dialect) -> str:
    return str(dialect.type_compiler_instance.process(kind.dialect_impl(dialect))).partition(" COLLATE")[0]
