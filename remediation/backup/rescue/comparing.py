"""Two versions of one table, compared row by row in the order of their keys. Pure; two rows are in memory.

Both sides sort by the bytes of the key's text, so that no collation or server decides what comes first.
A side that is not sorted is a fault of ours, and is refused instead of telling wrong differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.model import Choice, Difference, KeyedRow, Kind, Row, TableShape
from wire.sentence import sentence


def compare(then: Iterable[KeyedRow], now: Iterable[KeyedRow]) -> Iterator[Difference]:
    """Every row that is not the same, in the order of the keys.

    >>> old = [KeyedRow((b"1",), ("1", "a")), KeyedRow((b"2",), ("2", "b"))]
    >>> [found.kind.value for found in compare(old, [KeyedRow((b"2",), ("2", "c")), KeyedRow((b"3",), ("3", "d"))])]
    ['deleted', 'changed', 'added']
    """
    olds, news = _sorted(then), _sorted(now)
    old, new = next(olds, None), next(news, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old.order < new.order):
            assert old is not None  # noqa: S101  # one of the two is there
            yield Difference(Kind.DELETED, old.row, None)
            old = next(olds, None)
        elif old is None or new.order < old.order:
            yield Difference(Kind.ADDED, None, new.row)
            new = next(news, None)
        else:
            if old.row != new.row:
                yield Difference(Kind.CHANGED, old.row, new.row)
            old, new = next(olds, None), next(news, None)


def _sorted(rows: Iterable[KeyedRow]) -> Iterator[KeyedRow]:
    before: tuple[bytes, ...] | None = None
    for row in rows:
        if before is not None and row.order <= before:
            raise RestoreRefused(sentence("the rows of a table did not come in the order of their keys"))
        before = row.order
        yield row


def chosen(differences: Iterable[Difference], choice: Choice, shape: TableShape) -> Iterator[Difference]:
    """Those that shall be taken back."""
    wanted = {Kind.DELETED: choice.deleted, Kind.CHANGED: choice.changed, Kind.ADDED: choice.added}
    for found in differences:
        if wanted[found.kind] and (choice.keys is None or key_of(found, shape) in choice.keys):
            yield found


def key_of(difference: Difference, shape: TableShape) -> Row:
    """The texts of the row's key."""
    row = difference.then or difference.now or ()
    places = {column.name: place for place, column in enumerate(shape.columns)}
    return tuple(row[places[column.name]] for column in shape.key)
