"""A real Redis: well, full, with a password, as a replica that lost its primary, and gone."""

from __future__ import annotations

import socket
import time

import pytest

from agent.health.probes.databases import Answers, Login, Unanswered
from agent.health.probes.redis_server import ask
from agent.settings.probes import DatabaseCheck
from tests.fakes.database_servers import redis


def check(port: int, **values: float) -> DatabaseCheck:
    return DatabaseCheck(name="queue", port=port, timeout_s=values.get("timeout_s", 5))


def test_connections_and_memory() -> None:
    with redis("--maxclients", "50") as port:
        with socket.create_connection(("127.0.0.1", port)):
            answers = ask(check(port), Login())
        assert (answers.connections, answers.connections_max) == (2, 50)
        assert answers.size_bytes
        assert answers.size_bytes > 100_000
        assert (answers.lag_s, answers.replication, answers.transaction_s) == (None, "", None)


def test_a_password() -> None:
    with redis("--requirepass", "p") as port:
        assert ask(check(port), Login("default", "p")).connections == 1
        for login in (Login(), Login("default", "wrong")):
            with pytest.raises(Unanswered, match=r"[Aa]uth|invalid username-password"):
                ask(check(port), login)


def test_a_replica_and_the_loss_of_its_primary() -> None:
    with redis() as replica:
        with redis() as primary:
            with socket.create_connection(("127.0.0.1", replica)) as line:
                line.sendall(f"REPLICAOF 127.0.0.1 {primary}\r\n".encode())
                assert line.recv(64).startswith(b"+OK")
            assert _wait(replica, lambda found: not found.replication).lag_s is not None
        assert _wait(replica, lambda found: bool(found.replication)).replication == "the link to its primary is down"


def _wait(port: int, wanted: object) -> Answers:
    end = time.monotonic() + 20
    while True:
        answers = ask(check(port), Login())
        if wanted(answers):  # type: ignore[operator]
            return answers
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_server_that_hangs_and_one_that_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        begin = time.monotonic()
        with pytest.raises(Unanswered, match=r"[Tt]imeout"):
            ask(check(port, timeout_s=0.3), Login())
        assert time.monotonic() - begin < 5
    with pytest.raises(Unanswered, match="refused"):
        ask(check(port), Login())
