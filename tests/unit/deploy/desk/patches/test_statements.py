"""Where a statement ends."""

from __future__ import annotations

import pytest

from deploy.desk.patches.statements import statements


@pytest.mark.parametrize(
    ("engine", "text", "count"),
    [
        ("sqlite", "", 0),
        ("sqlite", " ; ;; -- nothing;\n/* nothing; */", 0),
        ("sqlite", "SELECT 1", 1),
        ("sqlite", "SELECT 1;\nSELECT 2;", 2),
        ("sqlite", "SELECT 'a;b', \"c;d\", `e;f`; SELECT 2", 2),
        ("sqlite", "SELECT 'it''s; fine'; SELECT 2", 2),
        ("sqlite", "SELECT 1 -- a; comment\n + 1; SELECT 2", 2),
        ("sqlite", "SELECT /* a; comment */ 1; SELECT 2", 2),
        ("postgresql", "SELECT 'C:\\'; SELECT 2", 2),
        ("postgresql", "SELECT E'it\\'s; fine'; SELECT 2", 2),
        ("postgresql", "CREATE FUNCTION f() RETURNS int AS $$ BEGIN; END; $$ LANGUAGE plpgsql; SELECT 2", 2),
        ("postgresql", "DO $a$ x; $$ y; $$ $a$; SELECT 2", 2),
        ("postgresql", "SELECT $1; SELECT 2", 2),
        ("mariadb", "SELECT 'it\\'s; fine'; SELECT 2", 2),
        ("mariadb", 'SELECT "it\\"s; fine"; SELECT 2', 2),
        ("mariadb", "SELECT 1 # a; comment\n; SELECT 2", 2),
        ("mariadb", "-- one statement\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET x = 1; END", 1),
    ],
)
def test_how_many_there_are(engine: str, text: str, count: int) -> None:
    assert len(statements(engine, text)) == count


def test_nothing_is_lost_but_semicolons_and_space() -> None:
    assert statements("sqlite", "INSERT INTO t VALUES ('수납;');\n\n DELETE FROM t ;") == [
        "INSERT INTO t VALUES ('수납;')",
        "DELETE FROM t",
    ]
