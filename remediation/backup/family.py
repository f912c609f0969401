"""Who descends from a program that was started: what has to end when it ends."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def family_of(known: set[int]) -> set[int]:
    """Who lives and descends from `known`, or is in a session that one of them leads."""
    table: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
                if fields[0] != b"Z":
                    table[int(entry.name)] = (int(fields[1]), int(fields[3]))
    found: set[int] = set()
    while True:
        more = {pid for pid, (parent, session) in table.items() if {parent, session} & (known | found)} - found
        if not more:
            return found - {os.getpid()}
        found |= more
