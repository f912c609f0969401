"""Real PostgreSQL, saved while somebody writes, and loaded into a scratch server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from remediation.backup.errors import DumpUnusable, SourceFailed
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql import DUMP, PostgresqlSource
from remediation.backup.sources.postgresql_session import connected, quoted
from remediation.backup.sources.whole import hash_file
from tests.fakes.database_servers import postgresql
from tests.fakes.saved_databases import PROGRAMS, SCRATCH, room, save, saved_and_loaded, tell

NAME = "Klinik 'A' =\"Ä\" 병원"
ACCOUNTS = 200
BALANCE = 1_000
CONTENT = [
    'CREATE SCHEMA "Ä b"',
    'CREATE TABLE "Ä b"."T ""x"" \'y\'" (a int PRIMARY KEY, b text, c int GENERATED ALWAYS AS (a * 2) STORED)',
    'ALTER TABLE "Ä b"."T ""x"" \'y\'" ADD d int GENERATED ALWAYS AS IDENTITY',
    'INSERT INTO "Ä b"."T ""x"" \'y\'" (a, b) SELECT i, md5(i::text) FROM generate_series(1, 500) i',
    "CREATE TABLE public.stays (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
    "CREATE TABLE public.stays_1 PARTITION OF public.stays FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    "CREATE TABLE public.stays_2 PARTITION OF public.stays FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
    "INSERT INTO public.stays VALUES (1, '2026-01-05'), (2, '2026-01-06'), (3, '2026-02-01')",
    "CREATE TABLE public.accounts (id int PRIMARY KEY, balance int NOT NULL)",
    f"INSERT INTO public.accounts SELECT i, {BALANCE} FROM generate_series(1, {ACCOUNTS}) i",
    "CREATE TABLE public.moves (id bigserial PRIMARY KEY, account int NOT NULL REFERENCES public.accounts)",
    "CREATE TABLE public.pictures (id int PRIMARY KEY, content bytea)",
    "INSERT INTO public.pictures VALUES (1, decode(repeat('00ff27', 1000000), 'hex'))",
    "CREATE MATERIALIZED VIEW public.totals AS SELECT sum(balance) FROM public.accounts",
    "CREATE EXTENSION hstore SCHEMA public",
    'GRANT SELECT ON public.accounts TO "Ärzte"',
]


@pytest.fixture(scope="module")
def login() -> Iterator[Login]:
    with postgresql() as port:
        boss = Login("boss", "p", port=port)
        with connected(boss, "postgres") as connection:
            connection.run("CREATE ROLE \"Ärzte\" LOGIN PASSWORD 'secret'")
            connection.run("CREATE ROLE plain LOGIN PASSWORD 'p'")
            connection.run(f'CREATE DATABASE {quoted(NAME)} OWNER "Ärzte"')
            connection.run("CREATE DATABASE nothing")
        with connected(boss, NAME) as connection:
            for statement in CONTENT:
                connection.run(statement)
        yield boss


@pytest.fixture
def folder() -> Iterator[Path]:
    with room() as found:
        yield found


def _source(login: Login, database: str = NAME) -> PostgresqlSource:
    return PostgresqlSource("clinic", database, login, PROGRAMS)


class _Writer(threading.Thread):
    """Moves money between accounts; each transfer is one transaction that notes two moves."""

    def __init__(self, login: Login) -> None:
        super().__init__()
        self._login = login
        self.stopped = threading.Event()
        self.wrote = threading.Event()

    def run(self) -> None:
        with connected(self._login, NAME) as connection:
            number = 0
            while not self.stopped.is_set():
                source, target = number % ACCOUNTS + 1, (number * 7 + 3) % ACCOUNTS + 1
                connection.run("BEGIN")
                connection.run(f"UPDATE public.accounts SET balance = balance - 1 WHERE id = {source}")
                connection.run(f"INSERT INTO public.moves (account) VALUES ({source}), ({target})")
                connection.run(f"UPDATE public.accounts SET balance = balance + 1 WHERE id = {target}")
                connection.run("COMMIT")
                number += 1
                self.wrote.set()


def test_a_database_that_is_written_to_comes_back_as_it_was_at_one_moment(login: Login, folder: Path) -> None:
    writer = _Writer(login)
    writer.start()
    try:
        assert writer.wrote.wait(20)
        facts, dump = save(_source(login), folder)
    finally:
        writer.stopped.set()
        writer.join()
    assert facts.engine == "postgresql"
    assert facts.tables['"Ä b"."T ""x"" \'y\'"'] == 500
    assert (facts.tables["public.stays_1"], facts.tables["public.stays_2"]) == (2, 1)
    assert any(extension.startswith("hstore ") for extension in facts.extensions)
    assert facts.warnings == []
    with connected(login, NAME) as connection:
        assert connection.run("SELECT count(*) FROM public.moves")[0][0] > facts.tables["public.moves"]
    with SCRATCH.load(facts, dump, folder / "scratch") as loaded:
        assert loaded.counts() == facts.tables
        assert list(loaded.query("SELECT sum(balance)::int FROM accounts;")) == [(ACCOUNTS * BALANCE,)]
        assert list(loaded.query("SELECT count(*) % 2 FROM moves")) == [(0,)]
        assert list(loaded.query("SELECT length(content) FROM pictures")) == [(3_000_000,)]
        owner = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'accounts'"
        assert list(loaded.query(owner)) == [("boss",)]
        assert loaded.integrity() == []
        for harm in ("DELETE FROM accounts", "SELECT 1; DROP TABLE accounts", "COPY accounts TO PROGRAM 'true'"):
            with pytest.raises(DumpUnusable):
                list(loaded.query(harm))
        assert loaded.counts() == facts.tables
    assert not (folder / "scratch").exists()


def test_an_empty_database(login: Login, folder: Path) -> None:
    with saved_and_loaded(_source(login, "nothing"), folder) as (facts, loaded):
        assert facts.tables == loaded.counts() == {}


def test_who_may_not_read_passwords_is_told_so(login: Login, folder: Path) -> None:
    plain = Login("plain", "p", port=login.port)
    facts, dump = save(_source(plain, "nothing"), folder)
    assert facts.warnings == ["roles are saved without passwords: the user is no superuser"]
    assert "SCRAM" not in (dump / "roles.sql").read_text()


@pytest.mark.parametrize(("user", "password", "database"), [("boss", "wrong", NAME), ("boss", "p", "absent")])
def test_what_cannot_be_reached_is_not_saved(
    login: Login, folder: Path, user: str, password: str, database: str
) -> None:
    with pytest.raises(SourceFailed, match="clinic is not saved"):
        save(_source(Login(user, password, port=login.port), database), folder)
    assert list((folder / "clinic").iterdir()) == []


def test_who_may_not_read_a_table_saves_nothing(login: Login, folder: Path) -> None:
    with pytest.raises(SourceFailed, match="permission denied"):
        save(_source(Login("plain", "p", port=login.port)), folder)
    assert list((folder / "clinic").iterdir()) == []


def test_a_connection_that_is_cut_while_dumping_leaves_nothing(login: Login, folder: Path) -> None:
    """The table is locked, so that the dump waits; then every connection of it is ended."""
    failed: list[SourceFailed] = []

    def saving() -> None:
        try:
            save(_source(login), folder)
        except SourceFailed as error:
            failed.append(error)

    with connected(login, NAME) as locking, connected(login, "postgres") as ending:
        locking.run("BEGIN")
        locking.run("LOCK TABLE public.accounts IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(target=saving)
        thread.start()
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while thread.is_alive():
            ending.run(end)
            thread.join(0.05)
    assert failed
    assert list((folder / "clinic").iterdir()) == []


def test_a_damaged_dump_is_refused(login: Login, folder: Path) -> None:
    facts, dump = save(_source(login), folder)
    content = bytearray((dump / DUMP).read_bytes())
    content[len(content) // 2] ^= 1
    (dump / DUMP).write_bytes(content)
    scratch = folder / "scratch"
    with pytest.raises(DumpUnusable, match=r"content\.dump is not as it was"), SCRATCH.load(facts, dump, scratch):
        pass
    (dump / DUMP).write_bytes(content[: len(content) // 2])
    lying = replace(facts, hashes={**facts.hashes, DUMP: hash_file(dump / DUMP)})
    with pytest.raises(DumpUnusable, match="pg_restore"), SCRATCH.load(lying, dump, scratch):
        pass
    assert not scratch.exists()


def test_an_occupied_folder_is_left_alone(login: Login, folder: Path) -> None:
    (folder / "other").touch()
    with pytest.raises(SourceFailed, match="is not empty"):
        _source(login).save(folder, tell)
    assert (folder / "other").exists()
