"""An operator deletes and overwrites rows; they come back from a snapshot, and nothing else changes."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.correction import read_correction
from remediation.backup.rescue.model import Choice
from remediation.backup.rescue.rescue import apply, database_of, differences, hand_over, show, statements_of
from remediation.backup.rescue.tables import Database, MariadbDatabase, PostgresqlDatabase, SqliteDatabase
from remediation.backup.sources import mariadb_session, postgresql_session
from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb import MariadbSource
from remediation.backup.sources.port import Source
from remediation.backup.sources.postgresql import PostgresqlSource
from remediation.backup.sources.sqlite import SqliteSource
from tests.fakes.database_servers import mariadb, postgresql
from tests.fakes.saved_databases import PROGRAMS, SCRATCH, room, save

ROWS = 300
ODD = 'it\'s \\ "odd" 병원\n%s :x'
TABLE = {"postgresql": ["public", 'T "x"'], "mariadb": ["T `x`"], "sqlite": ['T "x"']}
MADE = {
    "postgresql": [
        'CREATE TABLE public."T ""x""" (a int, b text, c numeric, d timestamptz, e bytea, f float8, k text)',
        (
            'ALTER TABLE public."T ""x""" ADD g int GENERATED ALWAYS AS (a * 2) STORED, ADD PRIMARY KEY (k, a),'
            " ADD i int GENERATED ALWAYS AS IDENTITY, ADD j jsonb DEFAULT '{}', ADD l int[] DEFAULT '{1, 2}'"
        ),
        (
            'INSERT INTO public."T ""x""" (a, b, c, d, e, f, k)'
            " SELECT n, md5(n::text), n / 7.0, now(), decode(md5(n::text), 'hex'), n / 3.0, 'Schlüssel ' || n"
            f" FROM generate_series(1, {ROWS}) n"
        ),
        "CREATE TABLE public.without_key (a int)",
    ],
    "mariadb": [
        (
            "CREATE TABLE `T ``x``` (a int, b text, c decimal(20, 9), d datetime, e blob, f float, k varchar(9),"
            " g int GENERATED ALWAYS AS (a * 2) VIRTUAL, i bit(5), j json, l double, PRIMARY KEY (k, a))"
        ),
        (
            "INSERT INTO `T ``x``` (a, b, c, d, e, f, k, i, j, l) SELECT seq, md5(seq), seq, now(), unhex(md5(seq)),"
            f" seq / 3, concat('ß', seq), seq % 32, '{{}}', seq / 3 FROM seq_1_to_{ROWS}"
        ),
        "CREATE TABLE without_key (a int)",
    ],
    "sqlite": [
        (
            'CREATE TABLE "T ""x""" (a int, b text, c, d, e blob, f real, k text,'
            " g int GENERATED ALWAYS AS (a * 2) VIRTUAL, PRIMARY KEY (k, a))"
        ),
        (
            f"WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS})"
            ' INSERT INTO "T ""x""" (a, b, c, d, e, f, k)'
            " SELECT n, hex(n), n / 7.0, '2026-01-01', randomblob(9), n / 3.0, 'Schlüssel ' || n FROM s"
        ),
        "CREATE TABLE without_key (a int)",
    ],
}


@dataclass
class Site:
    """A live database with the table, and how to run a statement in it."""

    engine: str
    database: Database
    source: Source
    run: Callable[[str], list[tuple[object, ...]]]

    @property
    def table(self) -> str:
        return {"postgresql": 'public."T ""x"""', "mariadb": "`T ``x```", "sqlite": '"T ""x"""'}[self.engine]


@contextmanager
def _postgresql(_: Path) -> Iterator[Site]:
    with postgresql() as port:
        login = Login("boss", "p", port=port)

        def run(statement: str) -> list[tuple[object, ...]]:
            with postgresql_session.connected(login, "postgres") as connection:
                return [tuple(row) for row in connection.run(statement) or []]

        yield Site("postgresql", PostgresqlDatabase(login, "postgres"),
                   PostgresqlSource("clinic", "postgres", login, PROGRAMS), run)  # fmt: skip


@contextmanager
def _mariadb(_: Path) -> Iterator[Site]:
    with mariadb() as port:
        login = Login("boss", "p", port=port)
        with mariadb_session.connected(login, None) as connection:
            mariadb_session.ask(connection, "CREATE DATABASE clinic CHARACTER SET utf8mb4")

        def run(statement: str) -> list[tuple[object, ...]]:
            with mariadb_session.connected(login, "clinic") as connection:
                return mariadb_session.ask(connection, statement)

        yield Site("mariadb", MariadbDatabase(login, "clinic"), MariadbSource("clinic", "clinic", login, PROGRAMS), run)


@contextmanager
def _sqlite(folder: Path) -> Iterator[Site]:
    path = folder / "live.db"

    def run(statement: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(statement).fetchall()

    yield Site("sqlite", SqliteDatabase(path), SqliteSource("clinic", path), run)


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def site(request: pytest.FixtureRequest, folder: Path) -> Iterator[Site]:
    make = {"postgresql": _postgresql, "mariadb": _mariadb, "sqlite": _sqlite}[request.param]
    with make(folder) as made:
        for statement in MADE[request.param]:
            made.run(statement)
        quoted = ODD.replace("'", "''")
        if request.param == "mariadb":
            quoted = quoted.replace("\\", "\\\\")
        made.run(f"UPDATE {made.table} SET b = '{quoted}' WHERE a = 7")
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    with room() as found:
        yield found


def _all(site: Site) -> list[tuple[object, ...]]:
    return site.run(f"SELECT * FROM {site.table} ORDER BY a")


def test_rows_come_back_and_nothing_else_changes(site: Site, folder: Path) -> None:
    before = _all(site)
    facts, dump = save(site.source, folder)
    site.run(f"DELETE FROM {site.table} WHERE a <= 40")
    site.run(f"UPDATE {site.table} SET b = 'corrected since', f = NULL WHERE a = 100")
    site.run(f"INSERT INTO {site.table} (a, b, k) VALUES (1000, 'new', 'new')")
    name = TABLE[site.engine]
    with ExitStack() as stack:
        then = database_of(stack.enter_context(SCRATCH.load(facts, dump, folder / "scratch")))
        shape, found = differences(then, site.database, name)
        shown = show(shape, found, limit=5)
        assert shown.counts == {"deleted": 40, "changed": 1, "added": 1}
        assert [len(shown.rows[kind]) for kind in shown.counts] == [5, 1, 1]
        assert json.loads(msgspec.json.encode(shown))["counts"]["deleted"] == 40
        path = folder / "correction"
        tail = hand_over(then, site.database, name, Choice(), path, database="clinic", snapshot="s1")
        assert (tail.deleted, tail.changed, tail.added) == (40, 0, 0)
        everything = folder / "everything"
        choice = Choice(changed=True, added=True)
        hand_over(then, site.database, name, choice, everything, database="clinic", snapshot="s1")
        with pytest.raises(RestoreRefused, match="has no primary key"):
            differences(then, site.database, [*name[:-1], "without_key"])
        with pytest.raises(RestoreRefused, match="there is no table"):
            differences(then, site.database, [*name[:-1], "absent"])

    assert path.stat().st_mode & 0o777 == 0o600
    assert len(list(statements_of(path))) == 40
    _only_the_chosen_ones_come_back(site, path, before)
    _all_or_nothing(site, everything, before)


def _only_the_chosen_ones_come_back(site: Site, path: Path, before: list[tuple[object, ...]]) -> None:
    digest = read_correction(path)[1].sha256
    for wrong in ("", digest[:11], "0" * 12):
        with pytest.raises(RestoreRefused, match="confirm it"):
            apply(path, site.database, wrong)
    assert apply(path, site.database, digest[:12]) == 40
    after = {row[0]: row for row in _all(site)}
    assert [after[row[0]] for row in before if row[0] != 100] == [row for row in before if row[0] != 100]
    assert (after[100][1], after[1000][1]) == ("corrected since", "new")


def _all_or_nothing(site: Site, everything: Path, before: list[tuple[object, ...]]) -> None:
    """Its first row is there already, so nothing is done; without these rows it does everything."""
    digest = read_correction(everything)[1].sha256
    after = _all(site)
    with pytest.raises(RestoreRefused):
        apply(everything, site.database, digest[:12])
    assert _all(site) == after
    site.run(f"DELETE FROM {site.table} WHERE a <= 40")
    assert apply(everything, site.database, digest[:12]) == 42
    assert _all(site) == before


def test_a_row_that_changed_meanwhile_stops_the_whole_correction(site: Site, folder: Path) -> None:
    facts, dump = save(site.source, folder)
    site.run(f"UPDATE {site.table} SET b = 'wrong' WHERE a IN (5, 6)")
    with SCRATCH.load(facts, dump, folder / "scratch") as loaded:
        choice = Choice(deleted=False, changed=True)
        tail = hand_over(database_of(loaded), site.database, TABLE[site.engine], choice, folder / "c",
                         database="clinic", snapshot="s1")  # fmt: skip
    assert tail.changed == 2
    site.run(f"UPDATE {site.table} SET b = 'Wrong' WHERE a = 6")  # differs in one capital letter
    before = _all(site)
    with pytest.raises(RestoreRefused, match="no longer as it was"):
        apply(folder / "c", site.database, tail.sha256[:12])
    assert _all(site) == before
    site.run(f"UPDATE {site.table} SET b = 'wrong' WHERE a = 6")
    assert apply(folder / "c", site.database, tail.sha256[:12]) == 2
    site.run(f"ALTER TABLE {site.table} ADD more int")
    with pytest.raises(RestoreRefused, match="made for another table"):
        apply(folder / "c", site.database, tail.sha256[:12])
