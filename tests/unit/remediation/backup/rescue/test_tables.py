"""What cannot be compared or changed safely is refused. The integration tests run every engine."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.model import Column
from remediation.backup.rescue.tables import SqliteDatabase


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    with contextlib.closing(sqlite3.connect(tmp_path / "d")) as connection, connection:
        connection.execute("CREATE TABLE t (b text, a int, g AS (a + 1), PRIMARY KEY (a, b))")
        connection.execute("CREATE TABLE u (a INTEGER PRIMARY KEY, t REFERENCES u (a))")
        connection.execute("INSERT INTO t VALUES ('x', 1), ('x', 2)")
    return SqliteDatabase(tmp_path / "d")


def test_columns_with_the_place_in_the_key(database: SqliteDatabase) -> None:
    shape = database.shape(["t"])
    assert shape.columns == [
        Column(name="b", type="TEXT" if shape.columns[0].type.isupper() else "text", key=2),
        Column(name="a", type=shape.columns[1].type, key=1),
        Column(name="g", type="", is_generated=True),
    ]
    assert [column.name for column in shape.key] == ["a", "b"]


def test_a_statement_changes_one_row_or_everything_is_undone(database: SqliteDatabase) -> None:
    for wrong in ("DELETE FROM t", "DELETE FROM t WHERE a = 7", "INSERT INTO t VALUES ('x', 2)", "nonsense"):
        with pytest.raises(RestoreRefused):
            database.change(["UPDATE t SET b = 'y' WHERE a = 1", wrong])
    with pytest.raises(RestoreRefused, match="FOREIGN KEY"):
        database.change(["INSERT INTO u VALUES (1, 7)"])
    assert [row.row for row in database.rows("SELECT x'00', b FROM t ORDER BY a", 1)] == [("x",), ("x",)]
    assert database.change(["UPDATE t SET b = 'y' WHERE a = 1"]) == 1


def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(RestoreRefused, match="unable to open"):
        SqliteDatabase(tmp_path / "absent").change([])
    assert not (tmp_path / "absent").exists()
