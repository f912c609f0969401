"""The clinic's own check finds what its faults leave behind, and the action asks for it as it can be asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from deploy.demo.clinic.check import main
from deploy.demo.clinic.database import Database
from deploy.demo.clinic.prescription import Prescription
from remediation.trust.targets import read_actions


@pytest.fixture
def home(tmp_path: Path) -> Path:
    database = Database(tmp_path / "clinic.db")
    database.prepare()
    Prescription(database, tmp_path / "interactions.json").prepare()
    return tmp_path


def change(home: Path, sql: str) -> None:
    with closing(sqlite3.connect(home / "clinic.db")) as connection, connection:
        connection.execute(sql)


def test_a_healthy_clinic_is_well_and_untouched(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    assert main(["--home", str(home)]) == 0
    assert "BAD" not in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


@pytest.mark.parametrize(
    ("fault", "part", "words"),
    [
        (
            lambda home: change(
                home, "INSERT INTO medical_order VALUES (7, 1, 'PARA-500', '{\"weight_kg\": \"62,5\"}')"
            ),
            "prescription",
            "orders without a dose: 1 (7)",
        ),
        (lambda home: (home / "interactions.json").unlink(), "prescription", "interaction table"),
        (lambda home: change(home, "INSERT INTO invoice (patient_id, amount) VALUES (1, 0)"), "billing", "nothing: 1"),
        (lambda home: (home / "clinic.db").write_bytes(b"x" * 4_096), "database", "not a database"),
    ],
)
def test_what_is_wrong_is_found(
    home: Path, capsys: pytest.CaptureFixture[str], fault: Callable[[Path], object], part: str, words: str
) -> None:
    fault(home)
    for chosen in (part, "all"):
        assert main(["--home", str(home), "--part", chosen]) == 1
        assert f"BAD {part}" in (out := capsys.readouterr().out)
        assert words in out


def test_a_locked_database_is_told_and_nothing_hangs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = Database(home / "clinic.db").hold_lock()
    try:
        assert main(["--home", str(home), "--part", "billing"]) == 1
    finally:
        lock.close()
    assert "database is locked" in capsys.readouterr().out


def test_without_a_clinic_it_says_so(tmp_path: Path) -> None:
    assert main(["--home", str(tmp_path)]) == 2
    assert not list(tmp_path.iterdir())


def test_the_published_action_asks_as_the_program_takes_it(home: Path, repository: Path) -> None:
    action = read_actions((repository / "deploy/actions/clinic.yaml").read_bytes()).find("run-check")
    assert action is not None
    assert action.risk == "low"
    assert action.run is not None
    program, *words = action.run.argv
    assert program == "clinic-check"
    for part in action.parameters["part"].choices:
        values = {"/var/lib/clinic": str(home), "{part}": part}
        assert main([values.get(word, word) for word in words]) == 0
