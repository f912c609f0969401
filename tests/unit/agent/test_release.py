from __future__ import annotations

import tomllib
from pathlib import Path

from agent.release import VERSION


def test_it_is_the_version_of_the_project(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION
