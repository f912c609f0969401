"""Where a database server is reached and who asks. A password never stands in an argument list."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Login:
    """A server on this host or another one: by `socket` when it is given, by `host` and `port` otherwise."""

    user: str = ""
    password: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 0  # 0: the engine's own
    socket: str = ""  # PostgreSQL: the folder of the socket; MariaDB and Redis: the socket itself
