"""A MariaDB database comes back beside the live one, and takes its place only when asked for and nobody uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from remediation.backup.errors import DumpUnusable, RestoreRefused
from remediation.backup.rescue.live_mariadb import LiveMariadb
from remediation.backup.sources import mariadb_session
from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb import MariadbSource
from tests.fakes.database_servers import mariadb
from tests.fakes.saved_databases import BENCH, PROGRAMS, room, save

NAME = "Klinik 'A'"


@pytest.fixture
def folder() -> Iterator[Path]:
    with room() as found:
        yield found


def test_mariadb(folder: Path) -> None:
    with mariadb() as port:
        login = Login("boss", "p", port=port)
        quoted = mariadb_session.quoted(NAME)
        with mariadb_session.connected(login, None) as connection:
            for statement in (f"CREATE DATABASE {quoted}", f"CREATE TABLE {quoted}.t (a int PRIMARY KEY)",
                              f"CREATE TABLE {quoted}.u (a int REFERENCES {quoted}.t (a))",
                              f"INSERT INTO {quoted}.t VALUES (1), (2)", f"INSERT INTO {quoted}.u VALUES (1)",
                              f"CREATE VIEW {quoted}.v AS SELECT * FROM {quoted}.t"):  # fmt: skip
                mariadb_session.ask(connection, statement)
            facts, dump = save(MariadbSource("clinic", NAME, login, PROGRAMS), folder)
            mariadb_session.ask(connection, f"DELETE FROM {quoted}.u")
            live = LiveMariadb(login, BENCH)
            preview = live.preview(facts, dump, "m1")
            assert (preview.now, preview.then, preview.users) == ({"t": 2, "u": 0}, {"t": 2, "u": 1}, 0)
            with pytest.raises(RestoreRefused, match="type its name"):
                live.bring_back(facts, dump, "m1", "yes")
            with pytest.raises(DumpUnusable, match="u has 1 rows after loading, and had 3"):
                live.bring_back(replace(facts, tables={"t": 2, "u": 3}), dump, "m1", NAME)
            assert live.bring_back(facts, dump, "m1", NAME).tables == {"t": 2, "u": 1}
            count = f"SELECT COUNT(*) FROM {quoted}.u"
            assert mariadb_session.ask(connection, count) == [(0,)]
            mariadb_session.ask(connection, f"CREATE TRIGGER {quoted}.r BEFORE INSERT ON t FOR EACH ROW SET @a = 1")
            with pytest.raises(RestoreRefused, match="tables with triggers cannot change places"):
                live.bring_back(facts, dump, "m2", NAME, swap=True)
            mariadb_session.ask(connection, f"DROP TRIGGER {quoted}.r")
            done = live.bring_back(facts, dump, "m2", NAME, swap=True)
            assert (done.database, done.kept) == (NAME, f"{NAME}_before_m2")
            assert mariadb_session.ask(connection, count) == [(1,)]
            assert mariadb_session.ask(connection, f"SELECT COUNT(*) FROM {quoted}.v") == [(2,)]
            kept = mariadb_session.quoted(done.kept)
            assert mariadb_session.ask(connection, f"SELECT COUNT(*) FROM {kept}.u") == [(0,)]
