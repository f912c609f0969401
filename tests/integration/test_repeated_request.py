"""A kept connection that breaks after the collector took a batch: the repeat must not look like another disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agent.uplink.client import Client


@contextmanager
def a_server(*, silent_on: int) -> Iterator[tuple[str, list[bytes]]]:
    """Takes every request and answers it, but closes the connection instead of the answer number `silent_on`."""
    taken: list[bytes] = []

    class Take(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            if len(taken) == silent_on:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_answer_to_a_request_that_was_sent_twice_says_so() -> None:
    with a_server(silent_on=2) as (address, taken):
        client = Client(address)
        first = client.post("/v1/exchange", {}, b"one")
        second = client.post("/v1/exchange", {}, b"two")
        third = client.post("/v1/exchange", {}, b"three")
        client.close()
    assert taken == [b"one", b"two", b"two", b"three"]
    assert [answer.repeated for answer in (first, second, third)] == [False, True, False]
