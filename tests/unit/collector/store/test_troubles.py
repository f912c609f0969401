"""What callers are told of an error, by PostgreSQL's code and by SQLite's words."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import exc

from collector.errors import StoreBusy, StoreFull, StoreUnavailable
from collector.store.troubles import code_of, explained


class Coded(Exception):
    """An error of a driver that has a code."""

    def __init__(self, code: str | None) -> None:
        super().__init__(f"words of {code}")
        self.sqlstate = code


def operational(cause: Exception) -> exc.OperationalError:
    return exc.OperationalError("SELECT secret", {"name": "secret"}, cause)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("53100", StoreFull),
        ("53300", StoreUnavailable),
        ("55P03", StoreBusy),
        ("57014", StoreBusy),
        ("40P01", StoreBusy),
        ("57P01", StoreUnavailable),
        ("08006", StoreUnavailable),
        ("25006", StoreUnavailable),
        (None, StoreUnavailable),
    ],
)
def test_codes_of_postgresql(code: str | None, meaning: type[StoreUnavailable]) -> None:
    assert type(explained(operational(Coded(code)))) is meaning


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("database or disk is full", StoreFull),
        ("database is locked", StoreBusy),
        ("disk I/O error", StoreUnavailable),
    ],
)
def test_words_of_sqlite(words: str, meaning: type[StoreUnavailable]) -> None:
    assert type(explained(operational(sqlite3.OperationalError(words)))) is meaning


def test_a_reason_behind_a_failed_rollback_is_found() -> None:
    failed = operational(sqlite3.OperationalError("cannot rollback"))
    failed.__context__ = sqlite3.OperationalError("database or disk is full")
    assert type(explained(failed)) is StoreFull


def test_a_wrong_statement_is_no_trouble_of_the_database() -> None:
    for code in ("22001", "23505", "42P01"):
        assert explained(exc.DataError("SELECT", {}, Coded(code))) is None
    assert explained(exc.IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE"))) is None


def test_a_standby_is_found_though_its_error_is_an_internal_one() -> None:
    error = exc.InternalError("INSERT", {}, Coded("25006"))
    assert isinstance(explained(error), StoreUnavailable)
    assert code_of(error) == "25006"


def test_no_free_connection_is_busy() -> None:
    assert type(explained(exc.TimeoutError())) is StoreBusy


def test_values_are_not_told() -> None:
    assert "secret" not in str(explained(operational(Coded("57P01"))))
