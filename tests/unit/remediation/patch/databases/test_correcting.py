"""What the three engines do is in tests/integration; here what is on the disk, and when."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from remediation.patch.errors import StepFailed
from tests.fakes.patched_databases import PATCH, Clinic, clinic, correction


def at(folder: Path) -> Clinic:
    with clinic("sqlite", folder) as found:
        return found.make()


def test_the_rows_are_on_the_disk_before_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = at(tmp_path)
    image = tmp_path / "kept/clinic/wards.rows"

    def crash(*_: object) -> None:
        assert image.exists()
        raise OSError("cut off right before the commit")

    monkeypatch.setattr("remediation.patch.databases.sqlite.SqliteSession.commit", crash)
    with pytest.raises(OSError, match="cut off"):
        site.databases().forward(PATCH, [correction("sqlite")], tmp_path / "kept")
    assert site.version() == "old"
    assert stat.S_IMODE(image.stat().st_mode) == 0o600
    monkeypatch.undo()
    site.databases().forward(PATCH, [correction("sqlite")], tmp_path / "kept")
    assert b"name 4" in image.read_bytes()


def test_a_table_without_a_key_cannot_be_corrected(tmp_path: Path) -> None:
    site = at(tmp_path)
    site.ask("CREATE TABLE notes (text)")
    with pytest.raises(StepFailed, match="no primary key"):
        site.databases().forward(PATCH, [correction("sqlite", table="notes")], tmp_path / "kept")


def test_no_rows_at_all_may_be_what_is_expected(tmp_path: Path) -> None:
    site = at(tmp_path)
    nothing = {"rows_min": 0, "rows_max": 0, "rows_of": "SELECT id FROM patients WHERE id < 0"}
    nobody = correction("sqlite", forward=["UPDATE patients SET ward = 'x' WHERE id < 0"], **nothing)
    site.databases().forward(PATCH, [nobody], tmp_path / "kept")
    site.databases().backward(PATCH, [nobody], tmp_path / "kept")
    assert site.version() == "old"
