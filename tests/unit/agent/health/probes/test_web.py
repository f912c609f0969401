from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agent.health.probes.web import Web, fetch
from agent.settings.probes import WebCheck
from tests.builders import NOW
from tests.fakes.probes import bad, readings


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        status = {"/missing": 404, "/moved": 302, "/error": 500}.get(self.path, 200)
        self.send_response(status)
        if self.path == "/moved":
            self.send_header("Location", "/ok")
        self.end_headers()
        try:
            if self.path == "/drip":
                for _ in range(100):
                    self.wfile.write(b"x" * 20_000)
                    time.sleep(0.02)
            elif self.path == "/endless":
                for _ in range(300):
                    self.wfile.write(b"y" * 16_384)
            else:
                self.wfile.write("접수 Sign in".encode())
        except OSError:
            return

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        server.daemon_threads = True
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


def probe(server: ThreadingHTTPServer, path: str, **check: object) -> Web:
    url = f"http://127.0.0.1:{server.server_port}{path}"
    return Web(WebCheck(name="his", url=url, **check), time.monotonic)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "check", "words"),
    [
        ("/ok", {}, ""),
        ("/ok", {"contains": "접수"}, ""),
        ("/ok", {"contains": "Log out"}, "'Log out' is not in the answer"),
        ("/missing", {}, "status 404, expected 200"),
        ("/missing", {"status": 404}, ""),
        ("/moved", {}, "status 302, expected 200"),
        ("/drip", {"contains": "z", "timeout_s": 0.2}, "no whole answer in 0.2 s"),
        ("/endless", {"contains": "z"}, "'z' is not in the answer"),
    ],
)
def test_status_and_content(server: ThreadingHTTPServer, path: str, check: dict[str, object], words: str) -> None:
    found = probe(server, path, **check)
    assert bad(found, NOW) == ([("HOST-WEB-0001", "his")] if words else [])
    assert words in readings(found, NOW)[0].text


def test_redirects_are_not_followed(server: ThreadingHTTPServer) -> None:
    server.asked.clear()  # type: ignore[attr-defined]
    readings(probe(server, "/moved"), NOW)
    assert server.asked == ["/moved"]  # type: ignore[attr-defined]


def test_a_slow_answer_is_another_fault(server: ThreadingHTTPServer) -> None:
    found = readings(probe(server, "/ok", slow_s=0.000_1), NOW)
    assert [item.code for item in found] == ["HOST-WEB-0001", "HOST-WEB-0002"]
    assert found[0].value == 0
    assert found[1].bounds is not None
    assert found[1].value >= found[1].bounds.raise_at
    assert found[1].bounds.for_s == 120


def test_proxies_of_the_environment_are_not_used(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert bad(probe(server, "/ok"), NOW) == []


def test_nobody_there_and_nobody_who_answers() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        check = WebCheck(name="his", url=url, timeout_s=0.2)
        assert "no answer in 0.2 s" in readings(Web(check, time.monotonic), NOW)[0].text
    assert "ConnectionError" in readings(Web(check, time.monotonic), NOW)[0].text


def test_fetching_a_version(server: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    assert fetch(f"{url}/ok", 6) == "접수".encode()
    for path in ("/missing", "/moved"):
        with pytest.raises(OSError, match="status"):
            fetch(url + path, 10)
