from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent.health.probes.tcp import Tcp
from agent.settings.probes import TcpCheck
from tests.builders import NOW
from tests.fakes.probes import bad, readings


@contextmanager
def speaking(greeting: bytes, *, close: bool = False) -> Iterator[int]:
    """A port that says something to whoever comes, and then nothing."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.sendall(greeting)
                if close:
                    connection.close()
                held.append(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for connection in held:
                connection.close()


@pytest.mark.parametrize(
    ("greeting", "words"), [(b"220 mail\r\n", ""), (b"554 no\r\n", "it says b'554 no"), (b"", "no answer in 0.3 s")]
)
def test_how_it_begins_to_speak(greeting: bytes, words: str) -> None:
    with speaking(greeting) as port:
        probe = Tcp(TcpCheck(name="mail", port=port, expect="220", timeout_s=0.3))
        assert bad(probe, NOW) == ([("HOST-TCP-0001", "mail")] if words else [])
        assert words in readings(probe, NOW)[0].text


def test_one_that_closes_at_once() -> None:
    with speaking(b"2", close=True) as port:
        probe = Tcp(TcpCheck(name="mail", port=port, expect="220", timeout_s=5))
        assert "it closed after b'2'" in readings(probe, NOW)[0].text


def test_open_closed_and_unknown() -> None:
    with speaking(b"") as port:
        assert bad(Tcp(TcpCheck(name="x", port=port)), NOW) == []
    assert bad(Tcp(TcpCheck(name="x", port=port)), NOW) == [("HOST-TCP-0001", "x")]
    assert bad(Tcp(TcpCheck(name="x", host="no.such.host.invalid", port=1)), NOW) == [("HOST-TCP-0001", "x")]


def test_a_port_whose_queue_is_full_is_cut_off() -> None:
    """A listener that never accepts: once its queue is full, connecting hangs for real."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        begin = time.monotonic()
        found = readings(Tcp(TcpCheck(name="x", port=port, timeout_s=0.3)), NOW)
        assert 0.2 < time.monotonic() - begin < 5
        assert "no answer in 0.3 s" in found[0].text
        for one in waiting:
            one.close()
