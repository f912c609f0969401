from __future__ import annotations

import sqlite3

from agent.spool.schema import TABLES


def test_the_schema_is_what_the_code_expects() -> None:
    sql = sqlite3.connect(":memory:")
    sql.executescript(TABLES)
    names = {row[0] for row in sql.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    sql.close()
    assert {"meta", "cursor", "source", "level", "waiting", "batch", "parked"} <= names
