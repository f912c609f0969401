from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from remediation.backup.drills.databases import check_databases, count_problems
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.policy_file import AssertionRule
from remediation.backup.sources.port import LoadedDump

FACTS = DatabaseFacts(name="orders", engine="x", version="1", files=[], tables={"a": 2})


class Loaded:
    """A database of one table."""

    def __init__(self, rows: int, faults: list[str]) -> None:
        self._rows = rows
        self._faults = faults

    def counts(self) -> dict[str, int]:
        return {"a": self._rows}

    def query(self, statement: str) -> Iterator[tuple[object, ...]]:
        if statement == "rows":
            yield (self._rows,)

    def integrity(self) -> list[str]:
        return self._faults


class Servers:
    """A scratch place that loads the same for everybody."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded

    def load(self, facts: DatabaseFacts, dump: Path, into: Path) -> AbstractContextManager[LoadedDump]:
        return nullcontext(self._loaded)


@pytest.mark.parametrize(
    ("loaded", "query", "wrong"),
    [
        (Loaded(2, []), "rows", ()),
        (Loaded(3, []), "rows", ("orders: a has 3 rows instead of 2", "orders: r: 3 instead of 2")),
        (Loaded(2, ["page 7"]), "rows", ("orders: page 7",)),
        (Loaded(2, []), "none", ("orders: r: nothing instead of 2",)),
    ],
)
def test_counts_integrity_and_assertions(loaded: Loaded, query: str, wrong: tuple[str, ...], tmp_path: Path) -> None:
    rules = {"orders": [AssertionRule(name="r", query=query, equals="2")]}
    checked = check_databases(Servers(loaded), [FACTS], tmp_path, tmp_path / "s", rules)
    assert checked.wrong == wrong
    assert (checked.databases, checked.tables, checked.assertions) == (1, 1, 1)


def test_equal_counts_have_no_problems() -> None:
    assert list(count_problems({"a": 1}, {"a": 1})) == []
