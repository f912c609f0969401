from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from remediation.backup.drills.inside import Asked, ask, interfaces, main, wait_until_well


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 404)
        self.end_headers()
        self.wfile.write(b"all is well")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_answers_are_compared(port: int) -> None:
    assert ask(Asked(port=port, contains="well")) == ""
    assert "the text is not in" in ask(Asked(port=port, contains="unwell"))
    assert "status 404 instead of 200" in ask(Asked(port=port, path="/none"))
    assert ask(Asked(port=port, path="/none", status=404)) == ""
    assert "refused" in ask(Asked(port=1))


def test_waiting_ends_when_well_dead_or_late() -> None:
    answers = iter(["not yet", "not yet", ""])
    asked = [Asked(port=1)]
    clock = time.monotonic
    assert (
        wait_until_well(asked, lambda: True, until_s=clock() + 9, monotonic=clock, asking=lambda _: next(answers)) == []
    )
    wrong = wait_until_well(asked, lambda: False, until_s=clock() + 9, monotonic=clock, asking=lambda _: "no")
    assert wrong == ["the service has ended", "no"]
    assert wait_until_well(asked, lambda: True, until_s=clock(), monotonic=clock, asking=lambda _: "no") == ["no"]


def test_outside_a_namespace_of_its_own_it_starts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    if interfaces() == {"lo"}:
        pytest.skip("this machine has no network, so nothing tells it from a namespace of a drill")
    assert main() == 1
    assert "no network of its own" in capsys.readouterr().err
