"""A real MariaDB: well, with an old transaction, as a broken replica, for a user with few rights, and gone."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pymysql
import pytest

from agent.health.probes.databases import Login, Unanswered
from agent.health.probes.mariadb import ask
from agent.settings.probes import DatabaseCheck
from tests.fakes.database_servers import mariadb

BOSS = Login("boss", "p")
START = (
    "CREATE DATABASE his;\nCREATE TABLE his.t (a INT PRIMARY KEY) ENGINE=InnoDB;\n"
    "CREATE USER watcher@'%' IDENTIFIED BY 'p';\n"
    "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='x', MASTER_PASSWORD='x';"
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with mariadb("--max-connections=30", "--server-id=7", start=START) as port:
        yield port


def check(port: int, **values: object) -> DatabaseCheck:
    return DatabaseCheck(name="lab", port=port, **values)  # type: ignore[arg-type]


@contextlib.contextmanager
def connected(port: int) -> Iterator[pymysql.Connection]:
    connection = pymysql.connect(user="boss", password="p", host="127.0.0.1", port=port, database="his")
    with connection:
        yield connection


def test_connections_and_size(port: int) -> None:
    answers = ask(check(port), BOSS)
    assert answers.connections >= 1
    assert answers.connections_max == 30
    assert answers.size_bytes
    assert answers.transaction_s == 0


def test_the_oldest_transaction(port: int) -> None:
    with connected(port) as connection:
        connection.cursor().execute("INSERT INTO t VALUES (1)")
        time.sleep(1.1)
        found = ask(check(port), BOSS).transaction_s
        assert found is not None
        assert 1 <= found < 30


def test_a_replica_that_does_not_run(port: int) -> None:
    answers = ask(check(port), BOSS)
    assert answers.lag_s is None
    assert answers.replication == "replication does not run: it is stopped"


def test_a_user_with_few_rights_is_told_less(port: int) -> None:
    answers = ask(check(port), Login("watcher", "p"))
    assert answers.connections_max == 30
    assert (answers.transaction_s, answers.lag_s, answers.replication) == (None, None, "")


def test_a_wrong_password(port: int) -> None:
    with pytest.raises(Unanswered, match="Access denied"):
        ask(check(port), Login("boss", "wrong"))


def test_a_server_that_hangs_and_one_that_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        begin = time.monotonic()
        with pytest.raises(Unanswered):
            ask(check(port, timeout_s=1), BOSS)
        assert time.monotonic() - begin < 5
    with pytest.raises(Unanswered):
        ask(check(port), BOSS)
