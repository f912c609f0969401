"""The comparison of sorted streams is that of the whole tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.comparing import chosen, compare, key_of
from remediation.backup.rescue.model import Choice, Column, Difference, KeyedRow, Kind, TableShape

SHAPE = TableShape(name=["t"], columns=[Column(name="b", type="text"), Column(name="a", type="int", key=1)])
TABLES = st.dictionaries(st.text(max_size=3), st.none() | st.sampled_from("xyz"), max_size=12)


def _rows(table: dict[str, str | None]) -> Iterator[KeyedRow]:
    rows = [KeyedRow((key.encode(errors="surrogatepass"),), (value, key)) for key, value in table.items()]
    yield from sorted(rows, key=lambda row: row.order)


@given(TABLES, TABLES)
def test_every_difference_and_nothing_else(then: dict[str, str | None], now: dict[str, str | None]) -> None:
    found = list(compare(_rows(then), _rows(now)))
    assert {key_of(one, SHAPE)[0] for one in found if one.kind is Kind.DELETED} == then.keys() - now.keys()
    assert {key_of(one, SHAPE)[0] for one in found if one.kind is Kind.ADDED} == now.keys() - then.keys()
    changed = {key for key in then.keys() & now.keys() if then[key] != now[key]}
    assert {key_of(one, SHAPE)[0] for one in found if one.kind is Kind.CHANGED} == changed


@pytest.mark.parametrize("order", [(b"2", b"1"), (b"1", b"1")])
def test_rows_that_are_not_sorted_are_refused(order: tuple[bytes, bytes]) -> None:
    rows = [KeyedRow((key,), (None, "x")) for key in order]
    with pytest.raises(RestoreRefused, match="in the order of their keys"):
        list(compare(rows, []))


def test_only_what_was_asked_for_is_chosen() -> None:
    differences = [
        Difference(Kind.DELETED, ("x", "1"), None),
        Difference(Kind.DELETED, ("x", "2"), None),
        Difference(Kind.CHANGED, ("x", "3"), ("y", "3")),
        Difference(Kind.ADDED, None, ("x", "4")),
    ]
    assert list(chosen(differences, Choice(), SHAPE)) == differences[:2]
    assert list(chosen(differences, Choice(keys=frozenset({("2",), ("4",)})), SHAPE)) == differences[1:2]
    assert list(chosen(differences, Choice(changed=True, added=True), SHAPE)) == differences
