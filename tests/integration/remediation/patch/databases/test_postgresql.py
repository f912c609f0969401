"""What only PostgreSQL does."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediation.backup.programs import Programs
from remediation.backup.sources import postgresql_session
from remediation.patch.databases.postgresql import Postgresql
from remediation.patch.errors import StepFailed
from tests.fakes.database_servers import free_port
from tests.fakes.patched_databases import Clinic, clinic

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with clinic("postgresql", tmp_path_factory.mktemp("pg")) as found:
        yield found.make()


def engine(site: Clinic, database: str = "postgres") -> Postgresql:
    return Postgresql(database, site.setting.login(), Programs(time.monotonic))


def test_a_statement_has_its_time(site: Clinic) -> None:
    with engine(site).opened() as session:
        session.begin(60)
        with pytest.raises(StepFailed, match="statement timeout"):
            session.run("SELECT pg_sleep(30)", 0.2)


def test_a_transaction_that_ended_by_itself_is_not_taken_for_ours(site: Clinic) -> None:
    with engine(site).opened() as session:
        session.begin(5)
        session.run("COMMIT")
        session.run("BEGIN")
        with pytest.raises(StepFailed, match="ended the transaction"):
            session.commit()


def test_a_locked_table_is_waited_for_only_so_long(site: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remediation.patch.databases.postgresql.LOCK_WAIT_S", 0.2)
    with engine(site).opened() as holder, engine(site).opened() as session:
        holder.begin(30)
        holder.run("LOCK TABLE patients")
        session.begin(30)
        with pytest.raises(StepFailed, match="lock timeout"):
            session.run("ALTER TABLE patients ADD COLUMN x int")
        session.roll_back()
        holder.roll_back()


def test_a_server_that_is_away_fails_the_step(site: Clinic) -> None:
    away = dataclasses.replace(site.setting.login(), port=free_port())
    with pytest.raises(StepFailed, match="refuses"), Postgresql("postgres", away, Programs(time.monotonic)).opened():
        pass


def test_putting_back_keeps_what_is_the_databases_own_and_sends_others_away(site: Clinic, tmp_path: Path) -> None:
    login = site.setting.login()
    with postgresql_session.connected(login, "template1") as boss:
        boss.run("CREATE DATABASE his")
        boss.run("REVOKE CONNECT ON DATABASE his FROM PUBLIC")
        boss.run("ALTER DATABASE his SET search_path TO app, public")
    found = engine(site, "his")
    with found.opened() as session:
        session.run("CREATE TABLE t (x int)")
    dump = tmp_path / "dump"
    dump.mkdir()
    found.source("his").save(dump, lambda _: None)
    with found.opened() as stays, found.opened() as session:
        session.run("DROP TABLE t")
        stays.begin(30)
        for _ in range(2):
            found.put_back(dump)
    with found.opened() as session:
        assert session.ask("SELECT count(*) FROM t") == [(0,)]
        assert session.ask("SHOW search_path") == [("app, public",)]
        assert session.ask("SELECT datacl::text NOT LIKE '%{=%c%' FROM pg_database WHERE datname = 'his'") == [(True,)]
        names = session.ask("SELECT datname FROM pg_database WHERE datname LIKE 'his%'")
    assert names == [("his",)]
