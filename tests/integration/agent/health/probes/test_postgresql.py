"""A real PostgreSQL: well, with an old transaction, without room, with a wrong password, and gone."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pg8000.dbapi
import pytest

from agent.health.probes.databases import Login, Unanswered
from agent.health.probes.postgresql import ask
from agent.settings.probes import DatabaseCheck
from tests.fakes.database_servers import postgresql

BOSS = Login("boss", "p")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with postgresql() as port:
        yield port


def check(port: int, **values: object) -> DatabaseCheck:
    return DatabaseCheck(name="his", port=port, database="postgres", **values)  # type: ignore[arg-type]


@contextlib.contextmanager
def connected(port: int, user: str = "boss") -> Iterator[pg8000.dbapi.Connection]:
    connection = pg8000.dbapi.connect(user=user, password="p", host="127.0.0.1", port=port, database="postgres")
    try:
        yield connection
    finally:
        connection.close()


def test_connections_size_and_no_replica(port: int) -> None:
    with connected(port):
        answers = ask(check(port), BOSS)
    assert (answers.connections, answers.connections_max) == (2, 17)
    assert answers.size_bytes
    assert answers.size_bytes > 1_000_000
    assert (answers.lag_s, answers.transaction_s) == (None, None)


def test_the_oldest_transaction(port: int) -> None:
    with connected(port) as connection:
        connection.cursor().execute("SELECT 1")
        time.sleep(0.3)
        found = ask(check(port), BOSS).transaction_s
        assert found is not None
        assert 0.3 <= found < 30


def test_a_plain_user_is_enough(port: int) -> None:
    with connected(port) as connection:
        connection.autocommit = True
        connection.cursor().execute("CREATE ROLE watcher LOGIN PASSWORD 'p' IN ROLE pg_monitor")
    assert ask(check(port), Login("watcher", "p")).connections_max == 17


@pytest.mark.parametrize(
    ("login", "database", "words"),
    [(Login("boss", "wrong"), "postgres", "password authentication failed"), (BOSS, "nowhere", "does not exist")],
)
def test_refusals_in_the_servers_words(port: int, login: Login, database: str, words: str) -> None:
    with pytest.raises(Unanswered, match=words):
        ask(DatabaseCheck(name="his", port=port, database=database), login)


def test_no_room_left(port: int) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connected(port))
        with pytest.raises(Unanswered, match="too many clients"):
            ask(check(port), BOSS)


def test_a_server_that_hangs_and_one_that_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        begin = time.monotonic()
        with pytest.raises(Unanswered):
            ask(check(port, timeout_s=0.3), BOSS)
        assert time.monotonic() - begin < 5
    with pytest.raises(Unanswered):
        ask(check(port), BOSS)
