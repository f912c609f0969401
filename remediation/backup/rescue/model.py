"""What a rescue speaks about. A value is the text that its database writes for it; None is NULL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

Row = tuple[str | None, ...]


class Kind(StrEnum):
    """What became of a row since the snapshot."""

    DELETED = "deleted"  # stands in the snapshot only
    CHANGED = "changed"
    ADDED = "added"  # stands in the live table only


class Column(Struct, kw_only=True, frozen=True):
    """One column; `key` is its place in the primary key from 1, 0: not in it."""

    name: str
    type: str
    key: int = 0
    is_generated: bool = False


class TableShape(Struct, kw_only=True, frozen=True):
    """One table, its columns in their order. `name` is its parts: schema and table, or the table alone."""

    name: list[str]
    columns: list[Column]

    @property
    def key(self) -> list[Column]:
        """The columns of the primary key, in its order."""
        return sorted((column for column in self.columns if column.key), key=lambda column: column.key)


@dataclass(frozen=True)
class KeyedRow:
    """A row with what it is sorted by: the bytes of each key column's text."""

    order: tuple[bytes, ...]
    row: Row


@dataclass(frozen=True)
class Difference:
    """One row that is not the same. `then` is the snapshot's, `now` the live one."""

    kind: Kind
    then: Row | None
    now: Row | None


@dataclass(frozen=True)
class Choice:
    """What of a difference shall be taken back. Rows that were changed or added since may be rightly so: ask for them.

    `keys`: only these rows, by the texts of their key; None: all.
    """

    deleted: bool = True
    changed: bool = False
    added: bool = False
    keys: frozenset[Row] | None = None
