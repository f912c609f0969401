"""The time limit on a request's head ends a sender that drips, and nothing else."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from collector.serving.protocol import LimitedProtocol

HEAD_S = 0.3


class QuickProtocol(LimitedProtocol):
    """The same with a limit that a test can wait for."""

    head_s = HEAD_S


async def stream(scope: Any, receive: Any, send: Any) -> None:
    """An answer in two parts, further apart than a head may take."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": b"early", "more_body": True})
    await asyncio.sleep(HEAD_S * 3)
    await send({"type": "http.response.body", "body": b"later", "more_body": False})


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(stream, http=QuickProtocol, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve([listener]),))
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(10)
    listener.close()


def whole_answer(connection: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"later") and (part := connection.recv(4096)):
        answer += part
    return answer


def test_an_answer_may_last_longer_than_a_head(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        for _ in range(2):  # the second one on the same connection
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = whole_answer(connection)
            assert answer.startswith(b"HTTP/1.1 200")
            assert answer.endswith(b"earlylater")


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHos"])
def test_a_head_that_does_not_end_is_given_up(address: tuple[str, int], begun: bytes) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(begun)
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")


def test_the_second_head_of_a_connection_is_limited_too(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        whole_answer(connection)
        connection.sendall(b"GET / HT")
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")
