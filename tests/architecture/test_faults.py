"""docs/faults.md names a test for every fault of agent and backup, and every test that it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

EXPECTED = [*map(str, [*range(1, 33), *range(50, 54), 56, 57]), *(f"B{number}" for number in range(1, 14))]


def rows(page: str) -> dict[str, list[str]]:
    """The tests of each fault."""
    found = re.findall(r"^\| (B?\d+) \|(.*)$", page, re.MULTILINE)
    return {number: re.findall(r"`(tests/[^`]+::[^`]+)`", rest) for number, rest in found}


def names(path: Path) -> set[str]:
    """What a test file defines or assigns at its top."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def missing(repository: Path, page: str) -> list[str]:
    """Faults without a test, and tests that do not exist."""
    faults = rows(page)
    found = [f"fault {number} has no test" for number in EXPECTED if not faults.get(number)]
    for test in sorted({test for tests in faults.values() for test in tests}):
        path, name = test.split("::")
        if not (repository / path).is_file() or name not in names(repository / path):
            found.append(test)
    return found


def test_every_fault_has_a_test_that_exists(repository: Path) -> None:
    assert missing(repository, (repository / "docs/faults.md").read_text(encoding="utf-8")) == []


def test_a_missing_row_and_a_missing_test_are_seen(repository: Path) -> None:
    page = "| 1 | x | y | `tests/architecture/test_faults.py::test_none` | |\n"
    found = missing(repository, page)
    assert "fault 2 has no test" in found
    assert "tests/architecture/test_faults.py::test_none" in found
