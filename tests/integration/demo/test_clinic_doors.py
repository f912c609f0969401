"""A browser that goes away while its answer is made is no fault of the application, and is not logged as one."""

from __future__ import annotations

import logging
import socket
import struct
import threading
from http.client import HTTPConnection
from typing import Any, cast

import pytest

from deploy.demo.clinic.web import Asked, Doors, serve

RESET_AT_CLOSE = struct.pack("ii", 1, 0)
BIG = "x" * 8_000_000  # more than the buffers of a connection hold


class SlowDoors:
    """One door that answers when its visitor has gone, one that breaks."""

    def __init__(self) -> None:
        self.entered, self.gone = threading.Event(), threading.Event()
        self.gets = {"/reception/slow": self._slow, "/billing/broken": self._broken}

    def _slow(self, _asked: Asked) -> Any:
        self.entered.set()
        assert self.gone.wait(10)
        return BIG

    def _broken(self, _asked: Asked) -> Any:
        raise KeyError("broken")


def test_a_visitor_who_goes_away_is_not_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    doors = SlowDoors()
    server = serve(cast("Doors", doors), 0)
    server.daemon_threads = False  # so that closing the server waits for what its threads have to say
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with socket.create_connection(server.server_address[:2]) as visitor:  # type: ignore[arg-type]
            visitor.sendall(b"GET /reception/slow HTTP/1.1\r\nHost: x\r\n\r\n")
            assert doors.entered.wait(10)
            visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        doors.gone.set()
        line = HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        line.request("GET", "/billing/broken")
        assert line.getresponse().status == 500
        line.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [(record.name, record.getMessage()) for record in records] == [
        ("billing", "unhandled exception in GET /billing/broken")
    ]
    assert capfd.readouterr().err.count("Traceback") == 0
