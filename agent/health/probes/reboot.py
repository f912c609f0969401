"""Whether a restart has been due for long: the file that Debian's package scripts leave behind.

On other distributions nothing says so without a program of theirs (`needs-restarting`), which the
agent does not start: there this probe finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from agent.health.probe import Reading
from agent.health.thresholds import Bounds

REQUIRED = Path("/run/reboot-required")
PACKAGES_SHOWN = 10


class Reboot:
    """One reading: for how long it has been due, in days."""

    name = "reboot"

    def __init__(self, after_s: float, interval_s: float = 3_600, *, required: Path = REQUIRED) -> None:
        self.interval_s = interval_s
        self._bounds = Bounds(after_s / 86_400, after_s / 86_400)
        self._required = required

    def read(self, now: datetime) -> Iterator[Reading]:
        """The age of the mark."""
        try:
            since = self._required.stat().st_mtime
        except FileNotFoundError:
            return
        days = max(0.0, (now.timestamp() - since) / 86_400)
        text = f"a restart has been due for {days:.1f} days{self._reason()}"
        yield Reading("HOST-RBT-0001", "", days, "days", self._bounds, text)

    def _reason(self) -> str:
        try:
            lines = self._required.with_name(self._required.name + ".pkgs").read_text(errors="replace").split()
        except OSError:
            return ""
        return f" because of {', '.join(sorted(set(lines))[:PACKAGES_SHOWN])}" if lines else ""
