"""The statements that read a table in a comparable form and that take a difference back. Pure.

A dialect says how one database writes names and values. Every change names the whole row that it
expects to find, so that it does nothing where somebody has changed that row meanwhile.
"""

from __future__ import annotations

from typing import Protocol

from remediation.backup.rescue.model import Column, Difference, Row, TableShape


class Dialect(Protocol):
    """How one database writes things."""

    overriding: str  # what allows to insert into a column that numbers itself

    def quoted(self, name: str) -> str:
        """A name."""

    def text_of(self, column: Column) -> str:
        """The expression that is the text of a column's value."""

    def order_of(self, column: Column) -> str:
        """The expression that sorts by the bytes of that text."""

    def value(self, column: Column, text: str | None) -> str:
        """The value with that text; `RestoreRefused` for a text that cannot be one."""

    def finds(self, column: Column, text: str | None) -> str:
        """The condition that finds a row by a key column, with the help of its index."""

    def same(self, column: Column, text: str | None) -> str:
        """The condition that the column still has exactly this text."""


def table(dialect: Dialect, shape: TableShape) -> str:
    """The table's name as it stands in a statement."""
    return ".".join(map(dialect.quoted, shape.name))


def select_all(dialect: Dialect, shape: TableShape) -> str:
    """All rows as texts, sorted by their key: first the key's bytes, then every column."""
    order = [dialect.order_of(column) for column in shape.key]
    texts = [dialect.text_of(column) for column in shape.columns]
    places = ", ".join(str(place + 1) for place in range(len(order)))
    return f"SELECT {', '.join(order + texts)} FROM {table(dialect, shape)} ORDER BY {places}"


def take_back(dialect: Dialect, shape: TableShape, difference: Difference) -> str:
    """The one statement after which this row is as it was in the snapshot. It changes one row or none."""
    if difference.now is None:
        return _insert(dialect, shape, difference.then or ())
    if difference.then is None:
        return f"DELETE FROM {table(dialect, shape)} WHERE {_guard(dialect, shape, difference.now)}"
    return _update(dialect, shape, difference.then, difference.now)


def _insert(dialect: Dialect, shape: TableShape, row: Row) -> str:
    own = [(column, text) for column, text in zip(shape.columns, row, strict=True) if not column.is_generated]
    names = ", ".join(dialect.quoted(column.name) for column, _ in own)
    values = ", ".join(dialect.value(column, text) for column, text in own)
    return f"INSERT INTO {table(dialect, shape)} ({names}){dialect.overriding} VALUES ({values})"


def _update(dialect: Dialect, shape: TableShape, then: Row, now: Row) -> str:
    changes = ", ".join(
        f"{dialect.quoted(column.name)} = {dialect.value(column, old)}"
        for column, old, new in zip(shape.columns, then, now, strict=True)
        if old != new and not column.is_generated
    )
    return f"UPDATE {table(dialect, shape)} SET {changes} WHERE {_guard(dialect, shape, now)}"


def _guard(dialect: Dialect, shape: TableShape, row: Row) -> str:
    pairs = list(zip(shape.columns, row, strict=True))
    finds = [dialect.finds(column, text) for column, text in pairs if column.key]
    return " AND ".join(finds + [dialect.same(column, text) for column, text in pairs])
