"""A text from a file becomes a value and nothing else."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.dialects import Mariadb, Sqlite
from remediation.backup.rescue.model import Column

TEXT, BLOB, FLOAT = (Column(name="c", type=kind) for kind in ("varchar", "blob", "float"))


@pytest.mark.parametrize(
    "text", [None, "", "1); DROP TABLE t", "'a' || 'b'", "X'0'", "random()", "1e", "'it's'", "NULL, NULL", "1 "]
)
def test_sqlite_takes_only_literals(text: str | None) -> None:
    with pytest.raises(RestoreRefused, match="is no value of the column c"):
        Sqlite().value(TEXT, text)


@example(float("inf"))
@example(float("-inf"))
@given(st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary())
def test_every_value_of_sqlite_comes_back(value: object) -> None:
    connection = sqlite3.connect(":memory:")
    try:
        (text,) = connection.execute("SELECT quote(?)", (value,)).fetchone()
    except UnicodeEncodeError:
        return
    finally:
        connection.close()
    connection = sqlite3.connect(":memory:")
    back = connection.execute(f"SELECT {Sqlite().value(TEXT, text)}").fetchone()[0]
    connection.close()
    if isinstance(value, str):
        value = value.partition("\0")[0]  # quote() of a text ends where C would end it
    assert back == value


@pytest.mark.parametrize("text", ["0x", "zz", "00 OR 1", "00;"])
def test_mariadb_takes_only_hexadecimal_for_bytes(text: str) -> None:
    with pytest.raises(RestoreRefused, match="is no value of the column c"):
        Mariadb().value(BLOB, text)


def test_mariadb_writes_texts_and_bytes() -> None:
    assert Mariadb().value(TEXT, "it's \\ \0") == "'it\\'s \\\\ \\0'"
    assert (Mariadb().value(BLOB, "00FF"), Mariadb().value(BLOB, ""), Mariadb().value(BLOB, None)) == (
        "0x00FF",
        "''",
        "NULL",
    )
    assert Mariadb().finds(FLOAT, "0.1") == "TRUE"  # a float is found by its text alone
    assert Mariadb().finds(TEXT, "a") == "`c` = 'a'"
