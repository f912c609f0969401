"""Against a small server that answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.desk.asking.console import Console, ConsoleRefused, text_in


class Answers(BaseHTTPRequestHandler):
    """`/status/NNN` answers so; everything else tells what was sent."""

    seen: list[tuple[str, str | None, bytes]]

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body: bytes) -> None:
        self.seen.append((self.path, self.headers.get("Authorization"), body))
        status = int(self.path.rpartition("/")[2]) if self.path.startswith("/status/") else 200
        said = {"/long": b"x" * 5_000, "/page": b"<html>"}.get(self.path, b'{"error": "so it is"}')
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str | None, bytes]]]]:
    class Own(Answers):
        seen: list[tuple[str, str | None, bytes]] = []  # noqa: RUF012  # one list a test

    server = HTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", Own.seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_token_goes_along_and_nothing_of_the_environment(
    server: tuple[str, list[tuple[str, str | None, bytes]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, seen = server
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    for token, sent in (("abc", "Bearer abc"), ("", None)):
        console = Console(url, token=token)
        assert console.post("/x", {"a": 1}) == {"error": "so it is"}
        assert seen[-1] == ("/x", sent, b'{"a":1}')
        console.close()


@pytest.mark.parametrize(("path", "words"), [("/status/409", "so it is"), ("/status/302", "points elsewhere")])
def test_a_refusal_says_why_and_nothing_is_followed(
    server: tuple[str, list[tuple[str, str | None, bytes]]], path: str, words: str
) -> None:
    url, seen = server
    console = Console(url)
    with pytest.raises(ConsoleRefused, match=words) as caught:
        console.get(path)
    assert caught.value.status in {302, 409}
    assert [each[0] for each in seen] == [path]
    console.close()


def test_answers_have_a_size_and_a_shape(server: tuple[str, list[tuple[str, str | None, bytes]]]) -> None:
    console = Console(server[0])
    assert len(console.fetch("/long", 5_000)) == 5_000
    with pytest.raises(ConsoleRefused, match="more than"):
        console.fetch("/long", 4_999)
    with pytest.raises(ConsoleRefused, match="as a collector"):
        console.get("/page")
    console.close()


@pytest.mark.parametrize("address", ["http://desk.example", "ftp://x", "desk", "https://a:b@desk.example"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ConsoleRefused):
        Console(address)


def test_nobody_there() -> None:
    with pytest.raises(ConsoleRefused, match="cannot be reached"):
        Console("http://127.0.0.1:1").get("/")


@pytest.mark.parametrize("said", [None, [], {}, {"name": 1}])
def test_an_answer_without_what_was_asked_for(said: object) -> None:
    with pytest.raises(ConsoleRefused, match="lacks name"):
        text_in(said, "name")
    assert text_in({"name": "jh"}, "name") == "jh"


def test_only_a_certificate_of_the_named_authority_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment trusts does not replace what was named."""
    import ssl
    from datetime import UTC, datetime

    from deploy.demo.authority import Authority

    for name in ("ours", "other"):
        (tmp_path / name).mkdir()
    ours, other = (Authority(tmp_path / name, datetime.now(UTC)) for name in ("ours", "other"))
    paths = ours.issue("desk")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paths.certificate, paths.key)

    class Own(Answers):
        seen: list[tuple[str, str | None, bytes]] = []  # noqa: RUF012  # one list a test

    class Quiet(HTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust us goes away."""

    server = Quiet(("127.0.0.1", 0), Own)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"https://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ours.ca_file))
    try:
        for ca_file in (None, other.ca_file):
            with pytest.raises(ConsoleRefused, match="--ca-file"):
                Console(url, token="t", ca_file=ca_file).get("/")
        assert Own.seen == [], "no token was shown"
        console = Console(url, token="t", ca_file=ours.ca_file)
        assert console.get("/")["error"]
        console.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
