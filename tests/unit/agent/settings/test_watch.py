from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings.reading import read_settings
from agent.settings.watch import SettingsWatch

GOOD = "collector: https://c.example\nstate: s\n"


@pytest.fixture
def watch(tmp_path: Path) -> SettingsWatch:
    path = tmp_path / "agent.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return SettingsWatch(path, read_settings(path))


def test_nothing_changed_nothing_is_read(watch: SettingsWatch) -> None:
    assert watch.poll() is None
    assert watch.poll(force=True) is not None


def test_new_settings_are_taken(watch: SettingsWatch) -> None:
    watch.path.write_text(GOOD.replace("c.example", "d.example"), encoding="utf-8")
    loaded = watch.poll()
    assert loaded is not None
    assert loaded.settings.collector == "https://d.example"
    assert watch.poll() is None


@pytest.mark.parametrize("text", ["collector: http://far.example\n", "collector: [", ""])
def test_broken_settings_leave_the_old_ones_and_are_told_once_right_again(watch: SettingsWatch, text: str) -> None:
    watch.path.write_text(text, encoding="utf-8")
    assert watch.poll() is None
    assert watch.problems
    assert watch.loaded.settings.collector == "https://c.example"
    assert watch.poll() is None
    watch.path.write_text(GOOD + "# right\n", encoding="utf-8")
    assert watch.poll() is not None
    assert watch.problems == []


def test_a_file_that_is_gone_is_a_problem(watch: SettingsWatch) -> None:
    watch.path.unlink()
    assert watch.poll() is None
    assert "no settings file" in str(watch.problems[0])


def test_a_changed_catalogue_is_a_change(tmp_path: Path, watch: SettingsWatch) -> None:
    catalogue = tmp_path / "c.yaml"
    text = (
        "product: p\nversion: '1'\nmodules:\n"
        "  - {code: M, name: {en: m}, errors: [{code: C, level: 1, title: {en: t}, match: [{literal: x}]}]}\n"
    )
    catalogue.write_text(text, encoding="utf-8")
    watch.path.write_text(GOOD + "sources: [{name: a, path: l, catalogue: c.yaml}]\n", encoding="utf-8")
    assert watch.poll() is not None
    assert watch.poll() is None
    catalogue.write_text(text.replace("'1'", "'22'"), encoding="utf-8")
    loaded = watch.poll()
    assert loaded is not None
    assert [found.version for found in loaded.catalogues.values()] == ["22"]


def test_another_state_folder_waits_for_the_next_start(watch: SettingsWatch) -> None:
    watch.path.write_text(GOOD.replace("state: s", "state: t"), encoding="utf-8")
    watch.poll()
    assert "next start" in str(watch.problems[0])
