"""The local socket: who may ask, one at a time, each with a deadline.

The kernel says who is at the other end (SO_PEERCRED); a user who is not on the list is cut off
before a byte is read. One request is served at a time. The next ones wait in the kernel's queue of
`WAITING`, and behind that `connect` fails. The server ends when nothing was asked for a while: with
a socket of the service manager that means no process at all until somebody asks.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remediation.executor.conversation import Broken, receive, send
from remediation.executor.questions import REQUEST_BYTES
from remediation.executor.requests import Operations, Peer, answer

WAITING: Final = 8
DEADLINE_S: Final = 10.0
FIRST_PASSED_HANDLE: Final = 3  # the protocol of systemd: see sd_listen_fds
SOCKET_MODE: Final = 0o660
_CREDENTIALS: Final = struct.Struct("3i")

_log = logging.getLogger("sitewarden")


@dataclass(frozen=True)
class Manners:
    """How the server behaves. `idle_s` 0 is for ever; uids are those that may ask."""

    allowed_uids: frozenset[int]
    idle_s: float = 0.0
    deadline_s: float = DEADLINE_S


class Server:
    """Serves one socket until it is stopped or idle."""

    def __init__(
        self, listener: socket.socket, operations: Operations, manners: Manners, monotonic: Callable[[], float]
    ) -> None:
        self._listener = listener
        self._operations = operations
        self._manners = manners
        self._monotonic = monotonic
        self._stop, self._stopper = socket.socketpair()
        listener.settimeout(0)

    def serve(self) -> None:
        """Serve until `stop`, or until nobody has asked for `idle_s`."""
        with selectors.DefaultSelector() as ready:
            ready.register(self._listener, selectors.EVENT_READ)
            ready.register(self._stop, selectors.EVENT_READ)
            while keys := ready.select(self._manners.idle_s or None):
                if any(key.fileobj is self._stop for key, _ in keys):
                    return
                self._accept()

    def stop(self) -> None:
        """End after the request under way. Safe in a signal handler."""
        with contextlib.suppress(OSError):
            self._stopper.send(b"x")

    def close(self) -> None:
        """Close the sockets."""
        for each in (self._listener, self._stop, self._stopper):
            each.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:  # it went away again
            _log.debug("a connection was gone before it was accepted: %s", error)
            return
        with contextlib.closing(connection):
            peer = peer_of(connection)
            if peer.uid not in self._manners.allowed_uids:
                _log.warning("user %d (process %d) may not ask", peer.uid, peer.pid)
                return
            try:
                self._converse(connection, peer)
            except Broken as broken:
                _log.warning("process %d: %s", peer.pid, broken)

    def _converse(self, connection: socket.socket, peer: Peer) -> None:
        wait_s = self._manners.deadline_s
        raw = receive(connection, limit=REQUEST_BYTES, end=self._monotonic() + wait_s, monotonic=self._monotonic)
        given = self._answer(raw, peer)
        send(connection, given, end=self._monotonic() + wait_s, monotonic=self._monotonic)

    def _answer(self, raw: bytes, peer: Peer) -> bytes:
        try:
            return answer(raw, self._operations, peer)
        except Exception:  # noqa: BLE001  # the one broad handler of this loop: a mistake refuses, is logged, and serving goes on
            _log.exception("a request of process %d failed", peer.pid)
            return b'{"error":"failed","detail":"see the log of the executor"}'


def peer_of(connection: socket.socket) -> Peer:
    """Who is at the other end, as the kernel noted when it connected."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(raw)
    return Peer(pid=pid, uid=uid)


def passed_listener(environment: dict[str, str], pid: int) -> socket.socket | None:
    """The socket that the service manager has opened for us; None when it has not."""
    if environment.get("LISTEN_PID") != str(pid) or environment.get("LISTEN_FDS") != "1":
        return None
    listener = socket.socket(fileno=FIRST_PASSED_HANDLE)
    listener.set_inheritable(False)
    return listener


def own_listener(path: Path) -> socket.socket:
    """A socket at `path`, mode 0660; one that a dead server left is replaced."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    mask = os.umask(0o777 & ~SOCKET_MODE)  # before bind: there is no moment in which others may connect
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    listener.listen(WAITING)
    return listener
