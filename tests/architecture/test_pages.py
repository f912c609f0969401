"""What the pages for people name is there: files, folders, tests, and what their links lead to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = ("README.md", "docs/*.md", "docs/tutorials/*.md", "docs/decisions/*.md")
FOLDERS = "agent|benchmarks|collector|deploy|docs|locks|remediation|terminal|tests|wire"
_PATH = re.compile(rf"`((?:{FOLDERS})/[\w./*-]*)`")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)")


def _lost(page: Path, repository: Path) -> list[str]:
    """Names in backticks from the root of the tree, links from the page's folder; those that lead nowhere."""
    text = page.read_text()
    paths = [name for name in _PATH.findall(text) if not list(repository.glob(name.rstrip("/")))]
    return paths + [name for name in _LINK.findall(text) if not (page.parent / name).exists()]


def test_what_pages_name_exists(repository: Path) -> None:
    pages = [page for pattern in PAGES for page in sorted(repository.glob(pattern))]
    assert len(pages) > 10
    lost = {page.relative_to(repository).as_posix(): _lost(page, repository) for page in pages}
    assert {name: names for name, names in lost.items() if names} == {}


def test_the_security_page_names_what_stands_behind_it(repository: Path) -> None:
    named = _PATH.findall((repository / "docs/security.md").read_text())
    assert len([name for name in named if name.startswith("tests/")]) >= 6


@pytest.mark.parametrize(
    "words", ["`tests/e2e/test_gone.py`", "[gone](gone.md)", "`deploy/gone/`", "[a](../gone.md#b)"]
)
def test_a_name_that_leads_nowhere_is_found(tmp_path: Path, words: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text(f"Shown by {words}, see [this](page.md) and `docs/page.md`.\n")
    assert len(_lost(tmp_path / "docs/page.md", tmp_path)) == 1
