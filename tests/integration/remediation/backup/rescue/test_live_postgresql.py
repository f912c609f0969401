"""A PostgreSQL database comes back beside the live one, and takes its place only when nobody uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from remediation.backup.errors import DumpUnusable, RestoreRefused
from remediation.backup.rescue.live_postgresql import LivePostgresql
from remediation.backup.sources import postgresql_session
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql import PostgresqlSource
from tests.fakes.database_servers import postgresql
from tests.fakes.saved_databases import BENCH, PROGRAMS, room, save

NAME = "Klinik 'A'"


@pytest.fixture
def folder() -> Iterator[Path]:
    with room() as found:
        yield found


def test_postgresql(folder: Path) -> None:
    with postgresql() as port, postgresql() as other_port:
        login = Login("boss", "p", port=port)
        _fill_postgresql(login)
        facts, dump = save(PostgresqlSource("clinic", NAME, login, PROGRAMS), folder)
        live, other = (LivePostgresql(Login("boss", "p", port=number), BENCH) for number in (port, other_port))
        with postgresql_session.connected(login, NAME) as user:
            user.run("DELETE FROM public.t")
            preview = live.preview(facts, dump, "m1")
            seen = (preview.is_there, preview.users, preview.now, preview.then)
            assert seen == (True, 1, {"public.t": 0}, {"public.t": 5})
            for consent in ("", "yes", preview.beside):
                with pytest.raises(RestoreRefused, match="type its name as the consent"):
                    live.bring_back(facts, dump, "m1", consent)
            with pytest.raises(RestoreRefused, match="1 are connected"):
                live.bring_back(facts, dump, "m1", NAME, swap=True)
            wrong = replace(facts, tables={"public.t": 6})
            with pytest.raises(DumpUnusable, match=r"public\.t has 5 rows after loading, and had 6"):
                live.bring_back(wrong, dump, "m1", NAME)
            assert live.bring_back(facts, dump, "m1", NAME).database == f"{NAME}_back_m1"
            assert user.run("SELECT count(*) FROM public.t") == [[0]]
        with pytest.raises(RestoreRefused, match="there is a database"):
            live.bring_back(facts, dump, "m1", NAME)
        done = live.bring_back(facts, dump, "m2", NAME, swap=True)
        assert (done.database, done.kept) == (NAME, f"{NAME}_before_m2")
        assert _answer(login, NAME) == (5, "7MB", False)
        with postgresql_session.connected(login, done.kept) as kept:
            assert kept.run("SELECT count(*) FROM public.t") == [[0]]
        with pytest.raises(RestoreRefused, match="does not exist"):
            other.bring_back(facts, dump, "m1", NAME)  # its owner is missing there
        with pytest.raises(RestoreRefused, match="to replace"):
            other.bring_back(facts, dump, "m1", NAME, swap=True)


def _fill_postgresql(login: Login) -> None:
    with postgresql_session.connected(login, "postgres") as connection:
        for name in ("owner", "guest"):
            connection.run(f"CREATE ROLE {name} LOGIN PASSWORD 'p'")
        quoted = postgresql_session.quoted(NAME)
        connection.run(f"CREATE DATABASE {quoted} OWNER owner")
        connection.run(f"REVOKE ALL ON DATABASE {quoted} FROM PUBLIC")
        connection.run(f"ALTER DATABASE {quoted} SET work_mem = '7MB'")
    with postgresql_session.connected(login, NAME) as connection:
        connection.run("CREATE TABLE public.t (a int)")
        connection.run("INSERT INTO public.t SELECT generate_series(1, 5)")


def _answer(login: Login, database: str) -> tuple[object, ...]:
    with postgresql_session.connected(login, database) as connection:
        question = "SELECT count(*), current_setting('work_mem'), has_database_privilege('guest', {}, 'CONNECT')"
        return tuple(connection.run(question.format(postgresql_session.literal(database)) + " FROM public.t")[0])
