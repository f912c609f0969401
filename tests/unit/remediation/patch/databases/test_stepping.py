"""The order of things on one database; what the engines do is in tests/integration and tests/crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.patch.errors import StepFailed
from remediation.patch.manifest import Undoing
from tests.fakes.patched_databases import PATCH, Clinic, clinic, migration, step


@pytest.fixture
def site(tmp_path: Path) -> Clinic:
    with clinic("sqlite", tmp_path) as found:
        return found.make()


def test_steps_go_back_in_the_opposite_order(site: Clinic, tmp_path: Path) -> None:
    steps = [
        step("sqlite", "CREATE TABLE notes (x)", backward=["DROP TABLE notes"], name="a", undoing=Undoing.BACKWARD),
        step("sqlite", "INSERT INTO notes VALUES (1)", backward=["DELETE FROM notes"], name="b"),
    ]
    host = site.databases()
    host.forward(PATCH, steps, tmp_path)
    host.backward(PATCH, steps, tmp_path)
    assert "notes" not in site.tables()


def test_only_what_was_done_goes_back(site: Clinic, tmp_path: Path) -> None:
    steps = [
        step("sqlite", "CREATE TABLE notes (x)", backward=["DROP TABLE notes"], name="a", undoing=Undoing.BACKWARD),
        step("sqlite", "broken", backward=["DROP TABLE patients"], name="b", undoing=Undoing.BACKWARD),
    ]
    host = site.databases()
    with pytest.raises(StepFailed, match="syntax error"):
        host.forward(PATCH, steps, tmp_path)
    assert "notes" in site.tables()
    host.backward(PATCH, steps, tmp_path)
    assert site.version() == "old"


def test_an_unfinished_intent_is_never_guessed_about(site: Clinic, tmp_path: Path) -> None:
    host, steps = site.databases(), migration("sqlite")
    host.save(steps, tmp_path)
    host.forward(PATCH, steps, tmp_path)
    site.ask("UPDATE sitewarden_patch SET state = 'intent' WHERE step = 'content'")
    assert not host.is_done(PATCH, steps)
    with pytest.raises(StepFailed, match="nobody knows how far"):
        host.forward(PATCH, steps, tmp_path)
    host.backward(PATCH, steps, tmp_path)
    assert site.version() == "old"


def test_without_a_saved_copy_such_a_step_does_not_go_back(site: Clinic, tmp_path: Path) -> None:
    host, steps = site.databases(), migration("sqlite")
    host.forward(PATCH, steps, tmp_path)
    with pytest.raises(StepFailed, match="was not saved before its change"):
        host.backward(PATCH, steps, tmp_path)
    assert site.version() == "new"
