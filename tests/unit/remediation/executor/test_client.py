"""Who answers as an executor does not is none; the client with a real server is tested in test_server.py."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediation.executor.client import ExecutorClient, NoExecutor
from remediation.executor.server import own_listener


@contextlib.contextmanager
def answering(path: Path, raw: bytes) -> Iterator[None]:
    listener = own_listener(path)

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    thread.join(5)
    listener.close()


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x05{}", b"\xff\xff\xff\xff", b"\x00\x00\x00\x04null"]
)
def test_nonsense_is_no_executor(tmp_path: Path, raw: bytes) -> None:
    with answering(tmp_path / "s", raw), pytest.raises(NoExecutor):
        ExecutorClient(tmp_path / "s", time.monotonic).status()
