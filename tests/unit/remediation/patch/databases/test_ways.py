from __future__ import annotations

import pytest

from remediation.patch.databases.ways import (
    batches,
    changes_rows_only,
    digest_of,
    first_word,
    goes_back_by_restoring,
    has_to_be_saved,
    refuse_own_transactions,
)
from remediation.patch.errors import StepFailed
from remediation.patch.manifest import DatabaseStep, Undoing
from tests.fakes.patched_databases import correction, step

ROWS = "UPDATE t SET x = 1"
SHAPE = "ALTER TABLE t ADD COLUMN x INTEGER"


def named(name: str, statement: str, undoing: Undoing = Undoing.TRANSACTION, kind: str = "sqlite") -> DatabaseStep:
    return step(kind, statement, name=name, undoing=undoing)


def shaped(steps: list[DatabaseStep], *, is_transactional: bool) -> list[tuple[str, bool]]:
    return [
        ("+".join(step.name for step in batch.steps), batch.in_transaction)
        for batch in batches(steps, is_transactional=is_transactional)
    ]


def test_neighbours_that_are_undone_by_their_transaction_share_one() -> None:
    steps = [named("a", SHAPE), named("b", ROWS), named("c", SHAPE, Undoing.BACKWARD), named("d", ROWS)]
    assert shaped(steps, is_transactional=True) == [("a+b", True), ("c", True), ("d", True)]


def test_without_transactions_for_tables_only_changes_of_rows_have_one() -> None:
    steps = [named("a", ROWS), named("b", SHAPE, Undoing.SNAPSHOT), named("c", ROWS, Undoing.SNAPSHOT)]
    assert shaped(steps, is_transactional=False) == [("a", True), ("b", False), ("c", False)]
    with pytest.raises(StepFailed, match="commits at once"):
        shaped([named("a", SHAPE)], is_transactional=False)
    assert shaped([correction("mariadb")], is_transactional=False) == [("wards", True)]


def test_the_longest_time_holds_for_a_batch() -> None:
    steps = [step("sqlite", ROWS, name="a", timeout_s=5), step("sqlite", ROWS, name="b", timeout_s=9)]
    assert [batch.timeout_s for batch in batches(steps, is_transactional=True)] == [9]


@pytest.mark.parametrize("statement", ["commit", " /* a\n */ BEGIN", "-- a\n;End", "START TRANSACTION", "xa start 'a'"])
def test_own_transactions_are_seen_behind_comments(statement: str) -> None:
    with pytest.raises(StepFailed):
        refuse_own_transactions([step("sqlite", ROWS, statement)])
    with pytest.raises(StepFailed):
        refuse_own_transactions([step("sqlite", ROWS, backward=[statement])])
    refuse_own_transactions([step("sqlite", ROWS, "UPDATE commits SET x = 1")])


def test_the_first_word() -> None:
    assert [first_word(text) for text in ("", "--", "/* x", "  select 1", "(SELECT 1)")] == ["", "", "", "SELECT", ""]
    assert changes_rows_only(step("mariadb", "insert into t values (1)", "WITH a AS (SELECT 1) DELETE FROM t"))
    assert not changes_rows_only(step("mariadb", ROWS, "TRUNCATE t"))
    assert not changes_rows_only(step("mariadb", ROWS, backward=[SHAPE]))


def test_what_goes_back_by_the_saved_database() -> None:
    assert goes_back_by_restoring(named("a", ROWS, Undoing.SNAPSHOT))
    assert goes_back_by_restoring(named("a", ROWS)), "once committed, nothing else is left"
    assert not goes_back_by_restoring(step("sqlite", ROWS, backward=[ROWS]))
    assert not goes_back_by_restoring(named("a", ROWS, Undoing.NEVER))
    assert not goes_back_by_restoring(correction("sqlite"))
    assert has_to_be_saved(correction("mariadb"))
    assert not has_to_be_saved(correction("postgresql"))


def test_every_part_of_a_step_is_in_its_digest() -> None:
    steps = [step("sqlite", ROWS), step("sqlite", SHAPE), step("sqlite", ROWS, backward=[ROWS]), correction("sqlite")]
    assert len({digest_of(each) for each in steps}) == len(steps)
