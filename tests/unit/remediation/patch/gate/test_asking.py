from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediation.backup.programs import Programs
from remediation.patch.gate.asking import Asking
from remediation.patch.manifest import Probe
from tests.fakes.database_servers import free_port

ASKING = Asking(Programs(time.monotonic), "2.0")


class Product(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 302 if self.path == "/moved" else 503)
        if self.path == "/moved":
            self.send_header("Location", "http://10.0.0.1/")
        self.end_headers()
        self.wfile.write(b"all is well")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Product) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(kind: str, target: str = "", expect: str = "", argv: list[str] | None = None) -> str:
    probe = Probe(name="p", kind=kind, target=target, expect=expect, argv=argv or [], timeout_s=2)  # type: ignore[arg-type]
    return ASKING.ask(probe)


def test_http(port: int) -> None:
    place = f"http://127.0.0.1:{port}"
    assert ask("http", f"{place}/health", "well") == ""
    assert "does not hold 'ill'" in ask("http", f"{place}/health", "ill")
    assert ask("http", f"{place}/other") == "answers 503"
    assert ask("http", f"{place}/moved") == "answers 302", "nothing is followed"
    assert "refused" in ask("http", f"http://127.0.0.1:{free_port()}/")


def test_tcp(port: int) -> None:
    assert ask("tcp", f"127.0.0.1:{port}") == ""
    assert "refused" in ask("tcp", f"127.0.0.1:{free_port()}")


def test_a_command(tmp_path: Path) -> None:
    assert ask("command", argv=["/bin/echo", "all is well"], expect="well") == ""
    assert "does not hold" in ask("command", argv=["/bin/echo", "no"], expect="well")
    assert ask("command", argv=["/bin/false"]) == "exit code 1"
    assert "cannot be started" in ask("command", argv=[str(tmp_path / "none")])


def test_the_version_is_read_from_the_product(tmp_path: Path) -> None:
    file = tmp_path / "version"
    assert "No such file" in ask("version", str(file))
    file.write_text("1.0\n")
    assert "says '1.0' and not '2.0'" in ask("version", str(file))
    file.write_text("2.0\n")
    assert ask("version", str(file)) == ""
