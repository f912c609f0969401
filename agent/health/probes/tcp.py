"""A port that should take connections, on this host or on one that the settings name."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime

from agent.health.probe import Reading, reading_of
from agent.settings.probes import TcpCheck

GREETING_BYTES = 1_024


class Tcp:
    """One reading."""

    def __init__(self, settings: TcpCheck) -> None:
        self.name = f"tcp {settings.name}"
        self.interval_s = settings.interval_s
        self._settings = settings

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """Connect, and where a greeting is expected read how it begins."""
        problem = self._problem()
        where = f"{self._settings.host}:{self._settings.port}"
        text = f"{where}: {problem}" if problem else f"{where} takes connections"
        yield reading_of("HOST-TCP-0001", self._settings.name, is_bad=bool(problem), text=text)

    def _problem(self) -> str:
        wanted, wait_s = self._settings.expect.encode(), self._settings.timeout_s
        try:
            with socket.create_connection((self._settings.host, self._settings.port), wait_s) as connection:
                return "" if not wanted else _greeting_problem(connection, wanted)
        except TimeoutError:
            return f"no answer in {wait_s:g} s"
        except OSError as error:
            return error.strerror or str(error)


def _greeting_problem(connection: socket.socket, wanted: bytes) -> str:
    greeting = b""
    while len(greeting) < min(len(wanted), GREETING_BYTES):
        chunk = connection.recv(GREETING_BYTES)
        if not chunk:
            return f"it closed after {greeting[:80]!r}"
        greeting += chunk
    return "" if greeting.startswith(wanted) else f"it says {greeting[:80]!r}"
