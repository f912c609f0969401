"""What only MariaDB does, or does not."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediation.backup.programs import Programs
from remediation.patch.databases.mariadb import Mariadb
from remediation.patch.errors import StepFailed
from remediation.patch.manifest import Undoing
from tests.fakes.database_servers import free_port
from tests.fakes.patched_databases import PATCH, Clinic, clinic, correction, step

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with clinic("mariadb", tmp_path_factory.mktemp("mariadb")) as found:
        yield found


@pytest.fixture
def site(running: Clinic) -> Clinic:
    return running.make()


def engine(site: Clinic) -> Mariadb:
    return Mariadb("clinic", site.setting.login(), Programs(time.monotonic))


def test_a_statement_has_its_time(site: Clinic) -> None:
    with engine(site).opened() as session, pytest.raises(StepFailed, match="max_statement_time"):
        session.run("SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b", 0.2)


def test_a_table_change_ends_the_transaction_and_that_is_found(site: Clinic) -> None:
    with engine(site).opened() as session:
        session.begin(5)
        session.run("CREATE TABLE notes (id INT)")
        with pytest.raises(StepFailed, match="ended the transaction"):
            session.commit()


def test_a_correction_is_refused_where_a_table_knows_no_transactions(site: Clinic, tmp_path: Path) -> None:
    site.ask("ALTER TABLE patients ENGINE=MyISAM")
    with pytest.raises(StepFailed, match="knows no transactions"):
        site.databases().forward(PATCH, [correction("mariadb")], tmp_path)
    assert site.version() == "old"


def test_a_change_of_tables_is_no_transaction(site: Clinic, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="commits at once"):
        site.databases().forward(PATCH, [step("mariadb", "ALTER TABLE patients ADD COLUMN x INT")], tmp_path)
    assert site.version() == "old"


def test_a_way_back_that_broke_off_ends_with_the_saved_database(site: Clinic, tmp_path: Path) -> None:
    steps = [
        step("mariadb", "ALTER TABLE patients ADD COLUMN phone INT", "CREATE TABLE visits (id INT)", name="both",
             backward=["DROP TABLE visits", "ALTER TABLE patients DROP COLUMN nothing"], undoing=Undoing.BACKWARD)
    ]  # fmt: skip
    host = site.databases()
    host.save(steps, tmp_path / "kept")
    host.forward(PATCH, steps, tmp_path / "kept")
    with pytest.raises(StepFailed, match="nothing"):
        host.backward(PATCH, steps, tmp_path / "kept")
    assert site.version().startswith("half"), "the control"
    host.backward(PATCH, steps, tmp_path / "kept")
    assert site.version() == "old"


def test_what_a_server_flushes_later_is_flushed_before_the_journal_goes_on(site: Clinic) -> None:
    with engine(site).opened() as session:
        session.run("INSERT INTO patients VALUES (99, 'x', 'w0')")
        written = int(session.ask("SHOW GLOBAL STATUS LIKE 'Innodb_lsn_current'")[0][1])
        flushed = int(session.ask("SHOW GLOBAL STATUS LIKE 'Innodb_lsn_flushed'")[0][1])
        assert flushed < written, "the control: this server flushes later"
        engine(site).settle(session)
        assert int(session.ask("SHOW GLOBAL STATUS LIKE 'Innodb_lsn_flushed'")[0][1]) >= written


def test_a_server_that_is_away_fails_the_step(site: Clinic) -> None:
    away = dataclasses.replace(site.setting.login(), port=free_port())
    with pytest.raises(StepFailed, match="refuses"), Mariadb("clinic", away, Programs(time.monotonic)).opened():
        pass
