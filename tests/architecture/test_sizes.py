"""Files stay below 300 lines, functions below 50: the file that grows past it is where newcomers get lost."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGES = ("wire", "terminal", "remediation", "agent", "collector", "deploy")
FILE_LINES = 300
FUNCTION_LINES = 50

# path -> why it may be longer
LONG_FILES: dict[str, str] = {}
# path:function -> why it may be longer
LONG_FUNCTIONS: dict[str, str] = {}


def _sources(repository: Path) -> list[Path]:
    return [path for package in PACKAGES for path in sorted((repository / package).rglob("*.py"))]


def _long_functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = [(node.name, (node.end_lineno or 0) - node.lineno + 1) for node in functions]
    return [(name, length) for name, length in lengths if length > FUNCTION_LINES]


def test_files_are_short(repository: Path) -> None:
    lengths = {
        path.relative_to(repository).as_posix(): len(path.read_text().splitlines()) for path in _sources(repository)
    }
    assert lengths
    long = {name for name, length in lengths.items() if length > FILE_LINES and "/migrations/" not in name}
    assert long == set(LONG_FILES), {name: lengths.get(name) for name in long ^ set(LONG_FILES)}


def test_functions_are_short(repository: Path) -> None:
    long = {
        f"{path.relative_to(repository).as_posix()}:{name}": length
        for path in _sources(repository)
        if "migrations" not in path.parts
        for name, length in _long_functions(path)
    }
    assert set(long) == set(LONG_FUNCTIONS), long


@pytest.mark.parametrize("lines", [FUNCTION_LINES, FUNCTION_LINES + 1])
def test_the_measure_measures(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "long.py"
    path.write_text("async def long():\n" + "    pass\n" * (lines - 1))
    assert bool(_long_functions(path)) == (lines > FUNCTION_LINES)
