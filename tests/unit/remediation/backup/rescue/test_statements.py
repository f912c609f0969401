"""Each statement names the row that it expects to find."""

from __future__ import annotations

from remediation.backup.rescue.dialects import Postgresql
from remediation.backup.rescue.model import Column, Difference, Kind, TableShape
from remediation.backup.rescue.statements import select_all, take_back

PG = Postgresql()
SHAPE = TableShape(
    name=["s", 'T"'],
    columns=[
        Column(name="a", type="integer", key=2),
        Column(name="b", type="text", key=1),
        Column(name="c", type="numeric(9,2)"),
        Column(name="g", type="integer", is_generated=True),
    ],
)


def test_reading_is_sorted_by_the_key_in_its_order() -> None:
    assert select_all(PG, SHAPE) == (
        "SELECT convert_to(\"b\"::text, 'UTF8'), convert_to(\"a\"::text, 'UTF8'),"
        ' "a"::text, "b"::text, "c"::text, "g"::text FROM "s"."T""" ORDER BY 1, 2'
    )


def test_putting_in_changing_and_taking_out() -> None:
    then, now = ("1", "it's", None, "2"), ("1", "it's", "7.00", "2")
    assert take_back(PG, SHAPE, Difference(Kind.DELETED, then, None)) == (
        'INSERT INTO "s"."T""" ("a", "b", "c") OVERRIDING SYSTEM VALUE'
        " VALUES ('1'::integer, 'it''s'::text, NULL::numeric(9,2))"
    )
    guard = (
        "\"a\" = '1'::integer AND \"b\" = 'it''s'::text AND \"a\"::text IS NOT DISTINCT FROM '1'"
        " AND \"b\"::text IS NOT DISTINCT FROM 'it''s' AND \"c\"::text IS NOT DISTINCT FROM '7.00'"
        " AND \"g\"::text IS NOT DISTINCT FROM '2'"
    )
    changed = take_back(PG, SHAPE, Difference(Kind.CHANGED, then, now))
    assert changed == f'UPDATE "s"."T""" SET "c" = NULL::numeric(9,2) WHERE {guard}'
    assert take_back(PG, SHAPE, Difference(Kind.ADDED, None, now)) == f'DELETE FROM "s"."T""" WHERE {guard}'
