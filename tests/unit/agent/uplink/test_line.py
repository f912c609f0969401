from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.uplink import line
from agent.uplink.client import Client
from agent.uplink.line import Proxy, Way, trusting
from agent.uplink.port import Unreachable
from tests.fakes.collector import Collector, HttpCollector
from tests.fakes.tunnel_proxy import TunnelProxy


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("authority")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


@contextmanager
def secure_collector(authority: tuple[Path, Path]) -> Iterator[HttpCollector]:
    key, certificate = authority
    with HttpCollector(Collector()) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        yield server


def test_through_a_tunnel_with_a_password(authority: tuple[Path, Path]) -> None:
    with secure_collector(authority) as server, TunnelProxy("clinic:a:b%") as proxy:
        address = f"http://clinic:a%3Ab%25@127.0.0.1:{proxy.port}"
        client = Client(f"https://localhost:{server.port}", ca_file=authority[1], proxy=address)
        with closing(client):
            for _ in range(3):
                assert client.get("/healthz").status == 200
    (head,) = proxy.heads  # one tunnel for all
    assert head.startswith(f"CONNECT localhost:{server.port} HTTP/1.1\r\nHost: localhost:{server.port}\r\n")


def test_the_proxy_sees_nothing_of_the_request(authority: tuple[Path, Path]) -> None:
    with secure_collector(authority) as server, TunnelProxy() as proxy:
        client = Client(f"https://127.0.0.1:{server.port}", ca_file=authority[1], proxy=f"127.0.0.1:{proxy.port}")
        with closing(client):
            assert client.post("/healthz", {"secret": "a-word"}, b"").status in {200, 404, 405}
    assert "a-word" not in "".join(proxy.heads)
    assert "healthz" not in "".join(proxy.heads)


def test_a_wrong_password_is_the_proxys_refusal(authority: tuple[Path, Path]) -> None:
    with secure_collector(authority) as server, TunnelProxy("clinic:right") as proxy:
        address = f"http://clinic:wrong@127.0.0.1:{proxy.port}"
        with pytest.raises(Unreachable, match="proxy refused"):
            Client(f"https://127.0.0.1:{server.port}", ca_file=authority[1], proxy=address).get("/healthz")
        assert server.connections == 0


def test_a_proxy_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="proxy refused or could not be reached") as failure:
        Client("https://127.0.0.1:9", proxy=f"http://127.0.0.1:{port}").get("/")
    assert not failure.value.maybe_sent


def test_a_collector_that_the_proxy_cannot_vouch_for_is_not_trusted(authority: tuple[Path, Path]) -> None:
    """A proxy that inspects TLS with an authority that this host does not know."""
    with secure_collector(authority) as server, TunnelProxy() as proxy:
        with pytest.raises(Unreachable, match="certificate is not trusted"):
            Client(f"https://127.0.0.1:{server.port}", proxy=f"127.0.0.1:{proxy.port}").get("/healthz")
        assert server.connections == 0 or not server.collector.events()


def test_plain_requests_are_passed_on_with_the_whole_address() -> None:
    with HttpCollector(Collector()) as server, TunnelProxy("a:b") as proxy:
        client = Client(f"http://127.0.0.1:{server.port}", proxy=f"http://a:b@127.0.0.1:{proxy.port}")
        with closing(client):
            assert client.get("/healthz").status == 200
    assert proxy.heads[0].startswith(f"GET http://127.0.0.1:{server.port}/healthz HTTP/1.1\r\n")


def test_a_path_before_ours_and_an_address_of_six_groups() -> None:
    way = Way("https://[::1]:8443/desk/")
    assert (way.host, way.port, way.target("/v1/enrol")) == ("::1", 8443, "/desk/v1/enrol")
    assert Way("https://collector.example").port == 443


def test_what_is_no_proxy() -> None:
    for address in ("https://proxy.example:3128", "socks5://proxy.example", "http://", "http://proxy:0", "a proxy/x"):
        with pytest.raises(ValueError, match=r".*"):
            Proxy.at(address)
    assert Proxy.at("proxy.example:3128") == Proxy("proxy.example", 3128, {})


def test_the_systems_authorities_are_asked_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0a775a30.0").write_text("")
    monkeypatch.setattr(line, "SYSTEM_CA_FOLDER", tmp_path)
    trust = trusting(None)
    assert trust.verify_mode is ssl.CERT_REQUIRED
    assert trust.check_hostname
    assert trust.cert_store_stats()["x509_ca"] == 0


def test_a_file_of_authorities_that_is_gone_or_broken_is_no_reason_to_fall(
    authority: tuple[Path, Path], tmp_path: Path
) -> None:
    own = tmp_path / "own.pem"
    with (
        secure_collector(authority) as server,
        closing(Client(f"https://127.0.0.1:{server.port}", ca_file=own)) as client,
    ):
        with pytest.raises(Unreachable, match="No such file"):
            client.get("/healthz")
        own.write_text("no certificate")
        with pytest.raises(Unreachable, match="no secure connection"):
            client.get("/healthz")
        own.write_bytes(authority[1].read_bytes())
        assert client.get("/healthz").status == 200
