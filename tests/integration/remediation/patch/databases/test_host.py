"""All that a patch does to a database, on three real engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remediation.patch.databases.host import HostDatabases
from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.manifest import DatabaseStep, Undoing
from tests.fakes.patched_databases import KINDS, PATCH, Clinic, clinic, correction, migration, step

pytestmark = [pytest.mark.slow, pytest.mark.timeout(170)]


@pytest.fixture(scope="module", params=KINDS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with clinic(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def site(running: Clinic) -> Clinic:
    return running.make()


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def done(site: Clinic, steps: list[DatabaseStep], kept: Path) -> HostDatabases:
    host = site.databases()
    host.save(steps, kept)
    host.forward(PATCH, steps, kept)
    assert host.is_done(PATCH, steps)
    return host


def test_a_migration_goes_there_and_back(site: Clinic, kept: Path) -> None:
    steps = migration(site.kind)
    before = site.rows()
    assert not site.databases().is_done(PATCH, steps)
    host = done(site, steps, kept)
    assert site.version() == "new"
    host.forward(PATCH, steps, kept)  # nothing counts twice
    assert site.ask("SELECT count(*) FROM visits") == [(30,)]
    for _ in range(2):
        host.backward(PATCH, steps, kept)
        assert (site.version(), site.rows(), site.mark_count()) == ("old", before, 0)
    host.forward(PATCH, steps, kept)  # and it may be applied again
    assert site.version() == "new"


def test_what_nobody_began_is_left_alone(site: Clinic, kept: Path) -> None:
    site.databases().backward(PATCH, migration(site.kind), kept)
    assert site.version() == "old"


def test_a_failing_statement_leaves_nothing_where_transactions_hold(site: Clinic, kept: Path) -> None:
    bad = step(site.kind, "UPDATE patients SET nothing = 1", name="bad")
    good, content = migration(site.kind)
    steps = [good, content, bad]
    host = site.databases()
    host.save(steps, kept)
    with pytest.raises(StepFailed, match="refuses"):
        host.forward(PATCH, steps, kept)
    assert site.version() == ("new" if site.kind == "mariadb" else "old")
    host.backward(PATCH, steps, kept)
    assert site.version() == "old"


def test_steps_with_a_way_back_take_it(site: Clinic, kept: Path) -> None:
    there, back = "CREATE TABLE notes (id INTEGER PRIMARY KEY)", "DROP TABLE notes"
    steps = [step(site.kind, there, backward=[back], undoing=Undoing.BACKWARD)]
    host = done(site, steps, kept)
    assert (kept / "clinic/dump").exists() == (site.kind == "mariadb")
    site.ask("UPDATE patients SET name = 'later' WHERE id = 1")
    host.backward(PATCH, steps, kept)
    assert "notes" not in site.tables()
    assert site.rows()[0][1] == "later", "what was written since is kept"


def test_what_cannot_be_taken_back_says_so(site: Clinic, kept: Path) -> None:
    steps = [step(site.kind, "DELETE FROM patients WHERE id = 1", undoing=Undoing.NEVER)]
    host = done(site, steps, kept)
    with pytest.raises(StepFailed, match="cannot be taken back"):
        host.backward(PATCH, steps, kept)


def test_a_step_that_was_changed_since_is_not_taken_for_the_marked_one(site: Clinic, kept: Path) -> None:
    host = done(site, migration(site.kind), kept)
    changed = step(site.kind, "SELECT 1", name="shape")
    with pytest.raises(StepFailed, match="another step shape"):
        host.forward(PATCH, [changed], kept)


@pytest.mark.parametrize("statement", ["COMMIT", "/* x */ begin", "-- x\nROLLBACK", "SAVEPOINT a"])
def test_a_step_with_transactions_of_its_own_is_refused(site: Clinic, kept: Path, statement: str) -> None:
    with pytest.raises(StepFailed, match="by itself"):
        site.databases().forward(PATCH, [step(site.kind, statement)], kept)
    assert site.mark_count() == 0


def test_two_statements_in_one_text_are_refused(site: Clinic, kept: Path) -> None:
    with pytest.raises(StepFailed, match="refuses"):
        site.databases().forward(PATCH, [step(site.kind, "DELETE FROM patients; COMMIT")], kept)
    assert site.version() == "old"


# ---------------------------------------------------------------- corrections


def test_a_correction_is_undone_row_by_row(site: Clinic, kept: Path) -> None:
    steps = [correction(site.kind)]
    before = site.rows()
    host = done(site, steps, kept)
    assert sum(row[2] == "w9" for row in site.rows()) == 10
    site.ask("UPDATE patients SET name = 'later' WHERE ward = 'w0'")
    host.backward(PATCH, steps, kept)
    assert [row[2] for row in site.rows()] == [row[2] for row in before]
    assert sum(row[1] == "later" for row in site.rows()) == 10, "other rows keep what was written since"
    assert not host.is_done(PATCH, steps)


def test_deleted_rows_come_back_as_they_were(site: Clinic, kept: Path) -> None:
    site.ask("UPDATE patients SET name = 'O''Brien \\ 김 %s :x' WHERE id = 4")
    before = site.rows()
    steps = [correction(site.kind, forward=["DELETE FROM patients WHERE ward = 'w1'"])]
    host = done(site, steps, kept)
    assert len(site.rows()) == 20
    host.backward(PATCH, steps, kept)
    assert site.rows() == before


WRONG: dict[str, dict[str, Any]] = {
    "fewer rows than it says": {"rows_min": 11, "rows_max": 20},
    "more rows than it says": {"rows_min": 1, "rows_max": 9},
    "a statement that changes others": {"forward": ["UPDATE patients SET ward = 'w9'"]},
    "a statement that changes as many others": {"forward": ["UPDATE patients SET ward = 'w9' WHERE ward = 'w2'"]},
    "a statement that changes fewer": {"forward": ["UPDATE patients SET ward = 'w9' WHERE id = 1"]},
    "a row that is put in": {
        "forward": ["UPDATE patients SET ward = 'w9' WHERE ward = 'w1'", "INSERT INTO patients VALUES (99, 'x', 'y')"]
    },
    "another key": {"forward": ["UPDATE patients SET id = id + 100, ward = 'w9' WHERE ward = 'w1'"]},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_correction_that_is_not_exact_changes_nothing(site: Clinic, kept: Path, case: str) -> None:
    before = site.rows()
    steps = [correction(site.kind, **WRONG[case])]
    host = site.databases()
    host.save(steps, kept)
    with pytest.raises(StepFailed, match="step wards"):
        host.forward(PATCH, steps, kept)
    assert (site.rows(), site.mark_count()) == (before, 0)


def test_a_row_that_was_changed_since_is_not_overwritten(site: Clinic, kept: Path) -> None:
    steps = [correction(site.kind)]
    host = done(site, steps, kept)
    site.ask("UPDATE patients SET name = 'later' WHERE id = 4")
    after = site.rows()
    with pytest.raises(StepFailed, match="changed since"):
        host.backward(PATCH, steps, kept)
    assert (site.rows(), site.mark_count()) == (after, 1)


def test_rows_that_were_kept_and_changed_on_the_disk_are_not_put_back(site: Clinic, kept: Path) -> None:
    steps = [correction(site.kind)]
    host = done(site, steps, kept)
    image = kept / "clinic/wards.rows"
    image.write_bytes(image.read_bytes().replace(b"name 4", b"name 5"))
    with pytest.raises(StepFailed, match="is not"):
        host.backward(PATCH, steps, kept)


# ---------------------------------------------------------------- saving


def test_a_saved_copy_that_was_damaged_is_not_put_back(site: Clinic, kept: Path) -> None:
    steps = [step(site.kind, "DELETE FROM patients", undoing=Undoing.SNAPSHOT)]
    host = done(site, steps, kept)
    dump = next(path for path in (kept / "clinic/dump").iterdir() if path.name.startswith("content"))
    dump.write_bytes(dump.read_bytes()[:-10])
    with pytest.raises(StepFailed, match="not as it was written"):
        host.backward(PATCH, steps, kept)
    assert site.rows() == []


def test_restoring_may_be_repeated_and_begins_again_after_a_crash(site: Clinic, kept: Path) -> None:
    steps = [step(site.kind, "DELETE FROM patients", undoing=Undoing.SNAPSHOT)]
    before = site.rows()
    host = done(site, steps, kept)
    (kept / "clinic/replaying").touch()  # as a crash in the middle leaves it, marks or no marks
    site.ask("DROP TABLE sitewarden_patch")
    host.backward(PATCH, steps, kept)
    assert site.rows() == before
    assert not (kept / "clinic/replaying").exists()
    host.restore(steps, kept)
    assert site.rows() == before


def test_a_database_that_the_settings_do_not_name_is_refused(site: Clinic, kept: Path) -> None:
    other = "sqlite" if site.kind != "sqlite" else "mariadb"
    for wrong in (step(site.kind, "SELECT 1", database="other"), step(other, "SELECT 1")):
        with pytest.raises(PatchRefused):
            site.databases().save([wrong], kept)
