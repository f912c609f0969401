"""Which TCP ports somebody listens on, as the kernel tells it. Reading it needs no rights and starts nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
LISTEN: Final = "0A"
_COLUMNS: Final = 4  # number, local address, remote address, state


def listening_ports(tables: Iterable[Path] = TABLES) -> frozenset[int]:
    """Every port with a listener, whatever the address."""
    found: set[int] = set()
    for table in tables:
        try:
            found |= set(ports_of(table.read_text()))
        except FileNotFoundError:  # a host without IPv6
            continue
    return frozenset(found)


def ports_of(text: str) -> Iterator[int]:
    r"""The listening ports in one table of the kernel.

    >>> list(ports_of("  sl  local_address ...\n 0: 0100007F:1F90 00000000:0000 0A 00\n 1: 0A0B:0016 0:0 01 0\n"))
    [8080]
    """
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) >= _COLUMNS and words[3] == LISTEN:
            yield int(words[1].rpartition(":")[2], 16)
