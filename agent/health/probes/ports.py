"""TCP ports on which this host can be reached from outside, compared with what they were.

Ports of loopback alone are left out, and UDP too: every program that asks a name server opens some.
Which program listens is not looked up, because that takes rights that the agent does not have.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from agent.health.differences import compare, memory_text, read_memory
from agent.health.probe import Reading, Remember, reading_of

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
LISTEN = "0A"
LINES = 100_000


class Ports:
    """A reading for each port that was opened or closed lately."""

    name = "ports"

    def __init__(
        self,
        settle_s: float,
        recall: Callable[[str], str],
        interval_s: float = 300,
        *,
        tables: tuple[Path, ...] = TABLES,
    ) -> None:
        self.interval_s = interval_s
        self._settle_s = settle_s
        self._recall = recall
        self._tables = tables

    def read(self, now: datetime) -> Iterator[Reading | Remember]:
        """Compare, tell, remember."""
        present = listening(self._tables)
        memory = compare(read_memory(self._recall(self.name)), present, now.timestamp(), self._settle_s)
        for port in memory.changed:
            words = "takes connections since lately" if port in present else "takes connections no longer"
            yield reading_of("HOST-PRT-0001", port, is_bad=True, text=f"{port} {words}")
        yield Remember(memory_text(memory))


def listening(tables: tuple[Path, ...] = TABLES) -> frozenset[str]:
    """Addresses and ports that listen to more than this host, as `tcp 0.0.0.0:22`."""
    found = set()
    for table in tables:
        with table.open(encoding="ascii") as file:
            next(file, "")
            for _, line in zip(range(LINES), file, strict=False):
                words = line.split(None, 4)
                if words[3] == LISTEN:
                    found.add(_address(words[1]))
    return frozenset(f"tcp {name}" for name in found if not name.startswith(("127.", "[::1]", "[::ffff:127.")))


def _address(text: str) -> str:
    """An address of /proc/net/tcp: hexadecimal words in the host's byte order.

    >>> _address("00000000:0016"), _address("00000000000000000000000001000000:0016")
    ('0.0.0.0:22', '[::1]:22')
    """
    host, _, port = text.partition(":")
    words = [bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8)]
    raw = b"".join(words)
    if len(raw) == 4:  # noqa: PLR2004  # bytes of an IPv4 address
        return f"{socket.inet_ntop(socket.AF_INET, raw)}:{int(port, 16)}"
    return f"[{socket.inet_ntop(socket.AF_INET6, raw)}]:{int(port, 16)}"
