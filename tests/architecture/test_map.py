"""docs/map.md is true: every folder that holds code is named there, and what is named exists."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGES = ("wire", "terminal", "remediation", "agent", "collector", "deploy", "tests", "benchmarks")


def _named(text: str) -> set[str]:
    """The folders in backticks: `agent/spool/`."""
    return {name.rstrip("/") for name in re.findall(r"`([a-z][\w./-]*/)`", text)}


def _folders(repository: Path) -> set[str]:
    """Folders two levels deep that hold sources; below that a folder's own files explain it."""
    found = set()
    for package in PACKAGES:
        for path in (repository / package).rglob("*"):
            if path.suffix in {".py", ".sh", ".html", ".css", ".yaml"} and "__pycache__" not in path.parts:
                found.add("/".join(path.relative_to(repository).parts[:-1][:2]))
    return found


def test_every_folder_with_code_is_named(repository: Path) -> None:
    named = _named((repository / "docs/map.md").read_text())
    assert sorted(_folders(repository) - named) == []


def test_every_named_folder_exists(repository: Path) -> None:
    named = _named((repository / "docs/map.md").read_text())
    assert named
    assert [name for name in sorted(named) if not (repository / name).is_dir()] == []


def test_it_fits_one_screen(repository: Path) -> None:
    assert len((repository / "docs/map.md").read_text().splitlines()) <= 90


def test_a_folder_that_is_not_named_is_found(tmp_path: Path) -> None:
    (tmp_path / "agent/new").mkdir(parents=True)
    (tmp_path / "agent/new/file.py").touch()
    assert _folders(tmp_path) == {"agent/new"}
    assert _named("`agent/` and `agent/spool/`, not `agent`") == {"agent", "agent/spool"}
