from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from remediation.executor.conversation import Broken, receive, send

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, two = socket.socketpair()
    yield one, two
    one.close()
    two.close()


def taken(connection: socket.socket, *, limit: int = 1_000_000, wait_s: float = 5) -> bytes:
    return receive(connection, limit=limit, end=time.monotonic() + wait_s, monotonic=time.monotonic)


@pytest.mark.parametrize("size", [0, 1, 65_536, 900_000])
def test_a_message_arrives_whole(pair: Pair, size: int) -> None:
    raw = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    end = time.monotonic() + 5
    thread = threading.Thread(target=lambda: send(pair[0], raw, end=end, monotonic=time.monotonic))
    thread.start()
    assert taken(pair[1]) == raw
    thread.join()


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\x00\x00\x00\x05abc", b"\xff\xff\xff\xffabc", b"\x00\x0f\x42\x41"])
def test_what_ends_early_or_is_too_long_is_refused(pair: Pair, raw: bytes) -> None:
    pair[0].sendall(raw)
    pair[0].shutdown(socket.SHUT_WR)
    with pytest.raises(Broken):
        taken(pair[1])


def test_the_deadline_is_for_the_whole_message(pair: Pair) -> None:
    stop = threading.Event()

    def drip() -> None:
        pair[0].sendall(b"\x00\x00\x03\xe8")
        while not stop.wait(0.02):
            pair[0].sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    started = time.monotonic()
    with pytest.raises(Broken):
        taken(pair[1], wait_s=0.3)
    assert time.monotonic() - started < 2
    stop.set()
    thread.join()


def test_a_reader_that_does_not_read_ends_the_writing(pair: Pair) -> None:
    with pytest.raises(Broken):
        send(pair[0], b"x" * 9_000_000, end=time.monotonic() + 0.2, monotonic=time.monotonic)
