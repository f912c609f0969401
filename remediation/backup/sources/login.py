"""Where a database server is reached and who asks. A password never stands in an argument list."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Login:
    """A server on this host or another one: by `socket` when it is given, by `host` and `port` otherwise."""

    user: str = ""
    password: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 0  # 0: the engine's own
    socket: str = ""  # PostgreSQL: the folder of the socket; MariaDB and Redis: the socket itself


@contextlib.contextmanager
def line_to(place: str | tuple[str, int]) -> Iterator[socket.socket]:
    """A connection of our own for a driver, because drivers leave theirs open when they cannot log in."""
    if isinstance(place, tuple):
        with socket.create_connection(place) as line:
            yield line
        return
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(place)
        yield line
