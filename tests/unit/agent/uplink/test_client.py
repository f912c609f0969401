from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.uplink.client import Client
from agent.uplink.port import Unreachable
from tests.fakes.collector import Collector, HttpCollector
from wire.limits import BODY_BYTES


@contextmanager
def a_server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accepts connections one after the other and says whatever it is told."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(5)
            with connection:
                try:
                    connection.recv(65_536)
                    speak(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        thread.join(6)
        listener.close()


def say(text: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text)


def test_a_kept_connection_is_used_again() -> None:
    with HttpCollector(Collector()) as server:
        client = Client(server.address)
        for _ in range(5):
            assert client.get("/healthz").status == 200
        client.close()
        assert server.connections == 1


def test_no_redirect_is_followed() -> None:
    with HttpCollector(Collector()) as other:
        answer = b"HTTP/1.1 302 Found\r\nLocation: " + other.address.encode() + b"/healthz\r\nContent-Length: 0\r\n\r\n"
        with a_server(say(answer)) as address, closing(Client(address)) as client:
            assert client.get("/").status == 302
        assert other.connections == 0


def test_an_answer_has_a_size_limit() -> None:
    body = b"x" * (BODY_BYTES + 1)
    with a_server(say(b"HTTP/1.1 200 OK\r\n\r\n" + body)) as address, pytest.raises(Unreachable, match="bytes"):
        Client(address).get("/")


def test_a_compressed_answer_is_not_unpacked() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"
    with a_server(say(answer)) as address, closing(Client(address)) as client:
        assert client.get("/").body == b"abcd"


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
    ],
)
def test_an_answer_that_drips_ends_at_the_deadline(start: bytes) -> None:
    """One byte now and then keeps every single read alive: only a deadline over all ends it."""
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        while not over.wait(0.05):
            connection.sendall(b"x")

    with a_server(drip) as address:
        began = time.monotonic()
        with pytest.raises(Unreachable, match="in time"):
            Client(address, deadline_s=0.5).get("/")
        assert time.monotonic() - began < 3
        over.set()


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="cannot be reached: Connection refused") as failure:
        Client(f"http://127.0.0.1:{port}").get("/")
    assert not failure.value.maybe_sent


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(Unreachable, match="name cannot be resolved"):
        Client("https://no-such-host.invalid").get("/")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_that_is_cut_short_is_none(answer: bytes) -> None:
    with a_server(say(answer)) as address, pytest.raises(Unreachable) as failure:
        Client(address).get("/")
    assert failure.value.maybe_sent


def test_an_answer_in_chunks() -> None:
    answer = b"HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"
    with a_server(say(answer)) as address, closing(Client(address)) as client:
        found = client.get("/")
    assert found.body == b"abcd"
    assert found.headers["a"] == "1, 2"


def test_a_connection_that_was_closed_while_it_was_idle_is_no_repetition() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with a_server(say(answer)) as address, closing(Client(address, repeats=False)) as client:
        assert not client.get("/").repeated
        assert client._line.sock is not None
        client._line.sock.recv(1)  # the server's end
        assert not client.get("/").repeated


def test_not_http_at_all() -> None:
    with a_server(say(b"SSH-2.0-OpenSSH\r\n")) as address, pytest.raises(Unreachable):
        Client(address).get("/")


@pytest.mark.parametrize("address", ["http://collector.example", "ftp://127.0.0.1"])
def test_plain_http_is_for_loopback_alone(address: str) -> None:
    with pytest.raises(ValueError, match="http"):
        Client(address)


def _certificate(folder: Path) -> tuple[Path, Path]:
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


def test_https_needs_a_known_authority(tmp_path: Path) -> None:
    import ssl

    key, certificate = _certificate(tmp_path)
    with HttpCollector(Collector()) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        address = f"https://127.0.0.1:{server.port}"
        trusting = Client(address, ca_file=certificate)
        assert trusting.get("/healthz").status == 200
        trusting.close()
        with pytest.raises(Unreachable, match="certificate is not trusted"):
            Client(address).get("/healthz")


def test_a_call_under_way_can_be_ended_from_elsewhere() -> None:
    over = threading.Event()

    def hold(connection: socket.socket) -> None:
        over.wait(10)

    with a_server(hold) as address:
        client = Client(address)
        threading.Timer(0.2, client.hang_up).start()
        began = time.monotonic()
        with pytest.raises(Unreachable) as failure:
            client.get("/")
        assert failure.value.maybe_sent
        assert time.monotonic() - began < 5
        over.set()


def breaks_when_used_again(seen: list[int]) -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        seen.append(1)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        if len(seen) == 1:
            connection.recv(65_536)  # the second request on this connection, which then breaks

    return speak


def test_a_kept_connection_that_breaks_is_replaced() -> None:
    seen: list[int] = []
    with a_server(breaks_when_used_again(seen)) as address:
        client = Client(address)
        assert client.get("/").status == 200
        assert client.get("/").repeated
        assert len(seen) == 2
        client.close()


def test_unless_it_should_not_be() -> None:
    seen: list[int] = []
    with a_server(breaks_when_used_again(seen)) as address:
        client = Client(address, repeats=False)
        assert client.get("/").status == 200
        with pytest.raises(Unreachable) as failure:
            client.get("/")
        assert failure.value.maybe_sent
        assert len(seen) == 1
        client.close()
