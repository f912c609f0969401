"""How the file systems fill up over days: readings for forecasts alone.

That a file system is full now says the health sample with its own threshold; here only bytes and
inodes of each are noted, so that a ticket can be due before it is too late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from agent.health.disks import read_disks
from agent.health.probe import Reading
from wire.messages import Disk


class Room:
    """Two readings for each file system."""

    name = "room"

    def __init__(self, read: Callable[[], list[Disk]] = read_disks, interval_s: float = 900) -> None:
        self.interval_s = interval_s
        self._read = read

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """Shares that are used, in percent."""
        for disk in self._read():
            for code, what, value in (
                ("HOST-DSK-FORECAST", "bytes", disk.used_percent),
                ("HOST-IND-FORECAST", "inodes", disk.inodes_used_percent),
            ):
                text = f"{disk.mount} is {value:.1f} % full ({what})"
                yield Reading("", disk.mount, value, "percent", None, text, forecast=code)
