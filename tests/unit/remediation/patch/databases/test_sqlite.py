from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

import pytest

from remediation.patch.databases.sqlite import Sqlite
from remediation.patch.errors import StepFailed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as opened:
        opened.execute("PRAGMA journal_mode = WAL")
        opened.execute("CREATE TABLE t (x)")
        opened.execute("INSERT INTO t VALUES (1)")
    return tmp_path / "a.db"


def test_a_file_that_is_away_fails_and_is_not_made(tmp_path: Path) -> None:
    with (
        pytest.raises(StepFailed, match="unable to open"),
        Sqlite(tmp_path / "none", time.monotonic).opened() as opened,
    ):
        opened.run("SELECT 1")
    assert not (tmp_path / "none").exists()


def test_a_statement_that_takes_too_long_is_stopped(path: Path) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) INSERT INTO t SELECT max(x) FROM n"
    with Sqlite(path, time.monotonic).opened() as session:
        session.begin(0.1)
        with pytest.raises(StepFailed, match="interrupted"):
            session.run(endless)
        session.roll_back()
        assert session.ask("SELECT count(*) FROM t") == [(1,)]


def test_a_transaction_that_a_statement_ended_is_found(path: Path) -> None:
    with Sqlite(path, time.monotonic).opened() as session:
        session.begin(5)
        session.run("COMMIT")
        with pytest.raises(StepFailed, match="ended the transaction"):
            session.commit()


def test_putting_back_keeps_owner_and_mode_and_forgets_the_wal(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    engine = Sqlite(path, time.monotonic)
    dump = tmp_path / "dump"
    dump.mkdir()
    engine.source("a").save(dump, lambda _: None)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as left_open:
        left_open.execute("INSERT INTO t VALUES (2)")
        assert path.with_name("a.db-wal").stat().st_size
        engine.put_back(dump)
    for _ in range(2):
        engine.put_back(dump)
        with contextlib.closing(sqlite3.connect(path)) as opened:
            assert opened.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert path.stat().st_mode & 0o777 == 0o640
    assert {file.name for file in tmp_path.iterdir()} == {"a.db", "dump"}
