"""What each program imports stands in its extra: a fresh installation of that extra can start it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PACKAGES = ("wire", "terminal", "remediation", "agent", "collector", "deploy")
PROGRAMS = {"agent": "agent.__main__", "collector": "collector.__main__", "desk": "deploy.desk.__main__"}
# extra -> what it imports without naming it, and why that is fine
BY_ANOTHER = {
    "agent": {
        "securesystemslib": "a dependency of tuf, whose interface names its classes",
        "urllib3": "what requests is made of",
    },
    "collector": {
        "securesystemslib": "a dependency of tuf, whose interface names its classes",
        "starlette": "what fastapi is made of",
        "pydantic": "the same",
        "markupsafe": "what jinja2 is made of",
    },
    "desk": {
        "securesystemslib": "a dependency of tuf, whose interface names its classes",
        "urllib3": "what requests is made of",
        "psutil": "imported by the running demo alone, which starts agent and collector and needs their extras",
    },
}


def _files(root: Path, module: str) -> Iterator[Path]:
    """The file of a module and those of the packages around it."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:depth])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.exists():
                yield file


def _imports(file: Path) -> Iterator[str]:
    """Every module that may be imported here, also inside functions."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _foreign(root: Path, start: str) -> dict[str, Path]:
    """Top-level modules of others that `start` comes to import, each with a file that does."""
    waiting, seen, found = list(_files(root, start)), set[Path](), dict[str, Path]()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for module in _imports(file):
            top = module.partition(".")[0]
            if top in PACKAGES:
                waiting += _files(root, module)
            elif top not in sys.stdlib_module_names:
                found.setdefault(top, file.relative_to(root))
    return found


def _named(root: Path, extra: str) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return {re.split(r"[<>=\[;]", line)[0].lower() for line in project["optional-dependencies"][extra]}


def _without_extra(root: Path, extra: str) -> dict[str, Path]:
    distributions, named = packages_distributions(), _named(root, extra)
    return {
        module: file
        for module, file in _foreign(root, PROGRAMS[extra]).items()
        if module not in BY_ANOTHER[extra]
        and not {name.lower().replace("_", "-") for name in distributions.get(module, [])} & named
    }


@pytest.mark.parametrize("extra", PROGRAMS)
def test_what_a_program_imports_is_installed_with_it(repository: Path, extra: str) -> None:
    assert _without_extra(repository, extra) == {}


def test_a_missing_line_would_be_seen(repository: Path, tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / package).symlink_to(repository / package)
    project = (repository / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(re.sub(r'  "zstandard[^\n]*\n', "", project))
    assert set(_without_extra(tmp_path, "desk")) == {"zstandard"}
