"""An end to a conversation on the network: timeouts bound each read, this bounds them all together.

Who answers one byte every few seconds never trips a timeout. The watchdog shuts the socket from
another thread; whoever reads or writes gets an error at once.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self


class Watchdog:
    """A context within which a socket may be used for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._bite)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.has_bitten = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, used: socket.socket) -> None:
        """Shut this socket when the time is over; at once when it is over already."""
        with self._lock:
            self._socket = used
            if self.has_bitten:
                _shut(used)

    def _bite(self) -> None:
        with self._lock:
            self.has_bitten = True
            if self._socket is not None:
                _shut(self._socket)


def _shut(used: socket.socket) -> None:
    with suppress(OSError):  # it has been closed meanwhile
        # The plain socket's own method: TLS would try to say goodbye, and wait for it.
        socket.socket.shutdown(used, socket.SHUT_RDWR)
