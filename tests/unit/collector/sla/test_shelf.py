"""Finding a calendar by name or path."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.sla.shelf import find_calendar, read_file, shipped
from wire.errors import TextRefused


def test_a_file_is_found_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "calendar: mine\nversion: '1'\nzone: UTC\ntitle: {en: Mine}\nweek: {monday: ['08:00-09:00']}\n"
        "coverage: {since: '2026-01-01', until: '2026-12-31'}\n"
    )
    assert find_calendar(str(path)).calendar.calendar == "mine"


def test_an_unknown_name_tells_which_there_are() -> None:
    with pytest.raises(TextRefused, match="24x7, cn, kr"):
        find_calendar("mars")


def test_a_folder_is_no_calendar(tmp_path: Path) -> None:
    with pytest.raises(TextRefused, match="cannot be read"):
        read_file(tmp_path)


def test_only_shipped_names_are_shipped() -> None:
    with pytest.raises(KeyError):
        shipped("../kr")
