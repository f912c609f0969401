"""A SQLite file that another process writes to, in both ways of keeping a journal."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from remediation.backup.errors import DumpUnusable, RestoreRefused, SourceFailed
from remediation.backup.sources.sqlite import COPY, SqliteSource
from tests.fakes.saved_databases import SCRATCH, save, saved_and_loaded

WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("PRAGMA synchronous = OFF")
number = 0
while True:
    source, target = number % 200 + 1, (number * 7 + 3) % 200 + 1
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE accounts SET balance = balance - 1 WHERE id = ?", (source,))
    connection.execute("INSERT INTO moves VALUES (?), (?)", (source, target))
    connection.execute("UPDATE accounts SET balance = balance + 1 WHERE id = ?", (target,))
    connection.execute("COMMIT")
    number += 1
    if number == 20:
        print("wrote", flush=True)
"""


def _made(path: Path, journal: str) -> Path:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance int)")
        connection.executemany("INSERT INTO accounts VALUES (?, 1000)", [(number,) for number in range(1, 201)])
        connection.execute("CREATE TABLE moves (account int)")
        connection.execute('CREATE TABLE "T ""x"" 병원" (a)')
        connection.execute("CREATE VIRTUAL TABLE notes USING fts5(words)")
        connection.execute(
            "CREATE TABLE filler AS SELECT randomblob(2000) AS b FROM accounts, accounts AS b LIMIT 5000"
        )
    return path


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_file_that_is_written_to_comes_back_as_it_was_at_one_moment(tmp_path: Path, journal: str) -> None:
    path = _made(tmp_path / "li ve?#.db", journal)
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"wrote\n"
        try:
            facts, dump = save(SqliteSource("clinic", path), tmp_path)
            assert writer.poll() is None
        finally:
            writer.kill()
    assert facts.files == [COPY]
    assert facts.tables["moves"] >= 40
    assert facts.tables['T "x" 병원'] == 0
    assert "notes" not in facts.tables
    with SCRATCH.load(facts, dump, tmp_path / "scratch") as loaded:
        assert loaded.counts() == facts.tables
        assert loaded.integrity() == []
        assert list(loaded.query("SELECT sum(balance) FROM accounts")) == [(200_000,)]
        assert list(loaded.query("SELECT count(*) % 2 FROM moves")) == [(0,)]
        for harm in ("DELETE FROM moves", f"ATTACH '{path}' AS live", "PRAGMA query_only = 0"):
            with pytest.raises(DumpUnusable):
                list(loaded.query(harm))


def test_a_planted_wrong_row_is_seen(tmp_path: Path) -> None:
    """The negative control of counts and assertions: a dump that says something else than its manifest."""
    path = _made(tmp_path / "live.db", "WAL")
    with saved_and_loaded(SqliteSource("clinic", path), tmp_path) as (facts, loaded):
        assert loaded.counts() == facts.tables
        with contextlib.closing(sqlite3.connect(tmp_path / "scratch" / COPY)) as planting, planting:
            planting.execute("DELETE FROM accounts WHERE id = 7")
            planting.execute("UPDATE accounts SET balance = 0 WHERE id = 8")
        assert loaded.counts() != facts.tables
        assert list(loaded.query("SELECT sum(balance) FROM accounts")) != [(200_000,)]


def test_a_damaged_file_is_not_saved(tmp_path: Path) -> None:
    path = _made(tmp_path / "live.db", "DELETE")
    content = bytearray(path.read_bytes())
    content[8_192:12_288] = b"\x00" * 4_096
    path.write_bytes(content)
    with pytest.raises(SourceFailed, match="clinic is not saved"):
        save(SqliteSource("clinic", path), tmp_path)
    assert list((tmp_path / "clinic").iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough to be looked at" * 100])
def test_what_is_no_database_is_not_saved(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "live.db").write_bytes(content)
    if content == b"":
        facts, _ = save(SqliteSource("clinic", tmp_path / "live.db"), tmp_path)
        assert facts.tables == {}  # an empty file is an empty database
        return
    with pytest.raises(SourceFailed):
        save(SqliteSource("clinic", tmp_path / "live.db"), tmp_path)


def test_rows_that_name_absent_rows_are_told(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "live.db")) as connection, connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE b (a int REFERENCES a (id))")
        connection.execute("INSERT INTO b VALUES (1), (2)")
    assert save(SqliteSource("clinic", tmp_path / "live.db"), tmp_path)[0].warnings == [
        "2 rows of b name rows that do not exist"
    ]


def test_a_damaged_copy_is_refused_and_so_is_an_occupied_folder(tmp_path: Path) -> None:
    facts, dump = save(SqliteSource("clinic", _made(tmp_path / "live.db", "WAL")), tmp_path)
    with pytest.raises(RestoreRefused, match="is not an empty folder"), SCRATCH.load(facts, dump, dump):
        pass
    (dump / COPY).unlink()
    with pytest.raises(DumpUnusable, match="No such file"), SCRATCH.load(facts, dump, tmp_path / "scratch"):
        pass
