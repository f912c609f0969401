"""The insurer's gateway: a line-based service on a loopback port that can be closed and opened."""

from __future__ import annotations

import socketserver
import threading


class _Answer(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        words = self.rfile.readline(200).decode("ascii", "replace").split()
        self.wfile.write(b"ACCEPTED\n" if len(words) == 2 and words[0] == "CLAIM" else b"REFUSED\n")  # noqa: PLR2004


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Gateway:
    """Open at first on a port from the kernel, and afterwards always on the same one."""

    def __init__(self) -> None:
        self.port = 0
        self._server: _Server | None = None
        self.open()

    def open(self) -> None:
        """Answer claims."""
        if self._server is None:
            self._server = _Server(("127.0.0.1", self.port), _Answer)
            self.port = int(self._server.server_address[1])
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Refuse connections from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
