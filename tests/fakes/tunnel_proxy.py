"""A real HTTP proxy on loopback: tunnels for those who know the password, plain requests passed on."""

from __future__ import annotations

import base64
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Self


class TunnelProxy:
    """`heads` are the heads of what it was asked; `password` is `user:password`."""

    def __init__(self, password: str | None = None) -> None:
        self.heads: list[str] = []
        self._expected = None if password is None else base64.b64encode(password.encode()).decode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        self._listener.settimeout(0.05)
        self._go(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _go(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._go(partial(self._serve, connection))

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            raw = b""
            while b"\r\n\r\n" not in raw:
                raw += connection.recv(65_536)
            head = raw.decode("ascii")
            self.heads.append(head)
            if self._expected is not None and f"Proxy-Authorization: Basic {self._expected}\r\n" not in head:
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            method, target, _ = head.split(" ", 2)
            place = target if method == "CONNECT" else target.split("/")[2]
            host, _, port = place.rpartition(":")
            with socket.create_connection((host.strip("[]"), int(port))) as there:
                if method == "CONNECT":
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    there.sendall(raw)
                self._pass_on(connection, there)

    def _pass_on(self, one: socket.socket, two: socket.socket) -> None:
        while not self._stop.is_set():
            for ready in select.select([one, two], [], [], 0.05)[0]:
                raw = ready.recv(65_536)
                if not raw:
                    return
                (two if ready is one else one).sendall(raw)
