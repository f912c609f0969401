"""Level 3: every dump in a scratch server: counts as in the manifest, the engine's own check, the assertions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.policy_file import AssertionRule
from remediation.backup.sources.port import LoadedDump, Scratch
from remediation.backup.stage import DATABASES


@dataclass(frozen=True)
class Checked:
    """What a level-3 drill looked at."""

    databases: int
    tables: int
    rows: int
    assertions: int
    wrong: tuple[str, ...]


def check_databases(
    scratch: Scratch,
    databases: Sequence[DatabaseFacts],
    stage: Path,
    folder: Path,
    assertions: Mapping[str, Sequence[AssertionRule]],
) -> Checked:
    """Load each dump below `folder`, one after the other. `BackupError` when one cannot be loaded."""
    tables = rows = asked = 0
    wrong: list[str] = []
    for number, facts in enumerate(databases):
        rules = assertions.get(facts.name, ())
        with scratch.load(facts, stage / DATABASES / facts.name, folder / f"db{number}") as loaded:
            counts = loaded.counts()
            wrong += [f"{facts.name}: {problem}" for problem in _problems(facts, counts, loaded, rules)]
        tables, rows, asked = tables + len(counts), rows + sum(counts.values()), asked + len(rules)
    return Checked(len(databases), tables, rows, asked, tuple(wrong))


def _problems(
    facts: DatabaseFacts, counts: Mapping[str, int], loaded: LoadedDump, rules: Sequence[AssertionRule]
) -> Iterator[str]:
    yield from count_problems(facts.tables, counts)
    yield from loaded.integrity()
    for rule in rules:
        row = next(iter(loaded.query(rule.query)), None)
        found = "" if row is None or not row else str(row[0])
        if found != rule.equals:
            yield f"{rule.name}: {found or 'nothing'} instead of {rule.equals}"


def count_problems(expected: Mapping[str, int], counts: Mapping[str, int]) -> Iterator[str]:
    """Tables that are missing, new, or have another number of rows.

    >>> list(count_problems({"a": 2, "b": 1}, {"a": 3, "c": 0}))
    ['a has 3 rows instead of 2', 'b is missing', 'c was not there']
    """
    for name in sorted(expected.keys() | counts.keys()):
        if name not in counts:
            yield f"{name} is missing"
        elif name not in expected:
            yield f"{name} was not there"
        elif counts[name] != expected[name]:
            yield f"{name} has {counts[name]} rows instead of {expected[name]}"
