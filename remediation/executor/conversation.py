"""Bytes over the local socket: four bytes of length, big end first, then JSON; one request a connection.

Both sides have a deadline for the whole message, whatever the other one drips in.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

_LENGTH_BYTES: Final = 4
_CHUNK: Final = 65_536


class Broken(Exception):
    """The other side sent too much, too little or too slowly."""


def send(connection: socket.socket, raw: bytes, *, end: float, monotonic: Callable[[], float]) -> None:
    """Write one message before `end`."""
    connection.settimeout(_left(end, monotonic))
    try:
        connection.sendall(len(raw).to_bytes(_LENGTH_BYTES, "big") + raw)
    except OSError as error:
        raise Broken(f"cannot be written: {error}") from error


def receive(connection: socket.socket, *, limit: int, end: float, monotonic: Callable[[], float]) -> bytes:
    """Read one message of at most `limit` bytes before `end`."""
    size = int.from_bytes(_exactly(connection, _LENGTH_BYTES, end, monotonic), "big")
    if size > limit:
        raise Broken(f"{size} bytes, at most {limit}")
    return _exactly(connection, size, end, monotonic)


def _exactly(connection: socket.socket, count: int, end: float, monotonic: Callable[[], float]) -> bytes:
    found = bytearray()
    while len(found) < count:
        connection.settimeout(_left(end, monotonic))
        try:
            chunk = connection.recv(min(_CHUNK, count - len(found)))
        except OSError as error:
            raise Broken(f"cannot be read: {error}") from error
        if not chunk:
            raise Broken(f"it ended after {len(found)} of {count} bytes")
        found += chunk
    return bytes(found)


def _left(end: float, monotonic: Callable[[], float]) -> float:
    left = end - monotonic()
    if left <= 0:
        raise Broken("the time is over")
    return left
