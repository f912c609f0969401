"""Real MariaDB, saved while somebody writes, and loaded into a scratch server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from remediation.backup.errors import DumpUnusable, RestoreRefused, SourceFailed
from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb import DUMP, MariadbSource
from remediation.backup.sources.mariadb_session import ask, connected, quoted
from remediation.backup.sources.whole import hash_file
from tests.fakes.database_servers import mariadb
from tests.fakes.saved_databases import PROGRAMS, SCRATCH, room, save

NAME = "Klinik_1 'A' `Ä` 병원"
ACCOUNTS = 200
BALANCE = 1_000
CONTENT = [
    "CREATE TABLE `T ``x`` 'y'` (a int PRIMARY KEY, b text, c blob, g int GENERATED ALWAYS AS (a * 2) VIRTUAL)",
    "INSERT INTO `T ``x`` 'y'` (a, b, c) VALUES (1, 'one\n(2),(3', x'0027ff'), (2, '''),(', NULL), (3, NULL, NULL)",
    "CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL)",
    f"INSERT INTO accounts SELECT seq, {BALANCE} FROM seq_1_to_{ACCOUNTS}",
    "CREATE TABLE moves (id bigint AUTO_INCREMENT PRIMARY KEY, account int NOT NULL REFERENCES accounts (id))",
    "CREATE TABLE stays (id int, day date, PRIMARY KEY (id, day)) PARTITION BY HASH (id) PARTITIONS 3",
    "INSERT INTO stays VALUES (1, '2026-01-01'), (2, '2026-01-01')",
    "CREATE TABLE old_ones (a int) ENGINE = MyISAM",
    "CREATE TABLE pictures (a int PRIMARY KEY, content longblob)",
    "INSERT INTO pictures VALUES (1, repeat(x'00ff27', 1000000))",
    "CREATE VIEW rich AS SELECT * FROM accounts WHERE balance > 1000",
    "CREATE TRIGGER guard BEFORE INSERT ON stays FOR EACH ROW SET NEW.id = NEW.id",
    "CREATE PROCEDURE fill_up() BEGIN\n CREATE TEMPORARY TABLE `extra` (a int);\nINSERT INTO `extra` VALUES\n(1);END",
    "CREATE EVENT cleaning ON SCHEDULE EVERY 1 SECOND DO DELETE FROM stays",
]
PLAIN = """\
CREATE USER plain@'%' IDENTIFIED BY 'p';
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON nothing.* TO plain@'%';
"""


@pytest.fixture(scope="module")
def login() -> Iterator[Login]:
    with mariadb(start=PLAIN) as port:
        boss = Login("boss", "p", port=port)
        with connected(boss, None) as connection:
            ask(connection, f"CREATE DATABASE {quoted(NAME)} COLLATE utf8mb4_unicode_ci")
            ask(connection, "CREATE DATABASE nothing")
            ask(connection, "CREATE DATABASE plain")
            ask(connection, "CREATE EVENT plain.e ON SCHEDULE EVERY 1 DAY DO SET @a = 1")
        with connected(boss, NAME) as connection:
            for statement in CONTENT:
                ask(connection, statement)
        yield boss


@pytest.fixture
def folder() -> Iterator[Path]:
    with room() as found:
        yield found


def _source(login: Login, database: str = NAME) -> MariadbSource:
    return MariadbSource("clinic", database, login, PROGRAMS)


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
                ask(connection, "START TRANSACTION")
                ask(connection, f"UPDATE accounts SET balance = balance - 1 WHERE id = {source}")
                ask(connection, f"INSERT INTO moves (account) VALUES ({source}), ({target})")
                ask(connection, f"UPDATE accounts SET balance = balance + 1 WHERE id = {target}")
                ask(connection, "COMMIT")
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
    assert facts.warnings == [
        "old_ones is kept by MyISAM, which knows no consistent snapshot",
        "the event cleaning is not saved: mariadb-dump cannot, in a database whose name is not ASCII",
    ]
    assert (facts.tables["T `x` 'y'"], facts.tables["accounts"], facts.tables["old_ones"]) == (3, ACCOUNTS, 0)
    assert "extra" not in facts.tables
    with connected(login, NAME) as connection:
        assert ask(connection, "SELECT count(*) FROM moves")[0][0] > facts.tables["moves"]
    assert "boss" in (dump / "users.sql").read_text()
    with SCRATCH.load(facts, dump, folder / "scratch") as loaded:
        assert loaded.counts() == facts.tables
        assert list(loaded.query("SELECT CAST(sum(balance) AS SIGNED) FROM accounts")) == [(ACCOUNTS * BALANCE,)]
        assert list(loaded.query("SELECT count(*) % 2 FROM moves")) == [(0,)]
        assert list(loaded.query("SELECT b FROM `T ``x`` 'y'` WHERE a = 1")) == [("one\n(2),(3",)]
        assert list(loaded.query("SELECT length(content) FROM pictures")) == [(3_000_000,)]
        assert list(loaded.query("SELECT @@event_scheduler, @@collation_database")) == [("OFF", "utf8mb4_unicode_ci")]
        assert loaded.integrity() == []
        for harm in ("DELETE FROM accounts", "SELECT load_file('/etc/hosts') INTO OUTFILE 'x'", "SELECT 1; SELECT 2"):
            with pytest.raises(DumpUnusable):
                list(loaded.query(harm))
    assert not (folder / "scratch").exists()
    _refuses_what_is_damaged(folder, dump, facts)


def _refuses_what_is_damaged(folder: Path, dump: Path, facts: object) -> None:
    from remediation.backup.manifest import DatabaseFacts

    assert isinstance(facts, DatabaseFacts)
    with (dump / DUMP).open("ab") as file:
        file.write(b"-- more")
    scratch = folder / "scratch"
    with pytest.raises(DumpUnusable, match=r"content\.sql is not as it was"), SCRATCH.load(facts, dump, scratch):
        pass
    other = replace(facts, version="11.4.2-MariaDB")
    with pytest.raises(RestoreRefused, match="install a server of that version"), SCRATCH.load(other, dump, scratch):
        pass
    (dump / DUMP).write_text("INSERT INTO absent VALUES (1);")
    lying = replace(facts, hashes={**facts.hashes, DUMP: hash_file(dump / DUMP)})
    with pytest.raises(DumpUnusable, match="doesn't exist"), SCRATCH.load(lying, dump, scratch):
        pass


def test_an_empty_database_and_a_user_without_rights_on_accounts(login: Login, folder: Path) -> None:
    facts, _ = save(_source(Login("plain", "p", port=login.port), "nothing"), folder)
    assert facts.tables == {}
    assert [warning.partition(":")[0] for warning in facts.warnings] == ["accounts are not saved"]
    assert "users.sql" not in facts.files


def test_events_are_saved(login: Login, folder: Path) -> None:
    facts, dump = save(_source(login, "plain"), folder)
    assert facts.warnings == []
    assert "EVENT `e`" in (dump / DUMP).read_text()


@pytest.mark.parametrize(("password", "database"), [("wrong", NAME), ("p", "absent")])
def test_what_cannot_be_reached_is_not_saved(login: Login, folder: Path, password: str, database: str) -> None:
    with pytest.raises(SourceFailed, match="clinic is not saved"):
        save(_source(Login("boss", password, port=login.port), database), folder)
    assert list((folder / "clinic").iterdir()) == []


def test_a_connection_that_is_cut_while_dumping_leaves_nothing(login: Login, folder: Path) -> None:
    """A table is locked, so that the dump waits; then the connection of the dump is ended."""
    failed: list[SourceFailed] = []

    def saving() -> None:
        try:
            save(_source(login), folder)
        except SourceFailed as error:
            failed.append(error)

    waiting = "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata lock%'"
    with connected(login, NAME) as locking, connected(login, None) as ending:
        ask(locking, "LOCK TABLES accounts WRITE")
        thread = threading.Thread(target=saving)
        thread.start()
        while thread.is_alive():
            for (number,) in ask(ending, waiting):
                ask(ending, f"KILL {number}")
            thread.join(0.05)
    assert failed
    assert list((folder / "clinic").iterdir()) == []
