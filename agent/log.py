"""The agent's own log: plain lines on standard error, bounded.

A service manager adds the time and keeps the lines; a fault that repeats a thousand times a second
must not fill its disk. Each text may appear five times in a minute, then one line says that it goes on.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Final, TextIO

NAME: Final = "sitewarden"
VARIABLE: Final = "SITEWARDEN_LOG_LEVEL"
LEVELS: Final = ("debug", "info", "warning", "error")
PER_MINUTE: Final = 5
TEXTS_KEPT: Final = 1_000


class Bound(logging.Filter):
    """Lets each text through a few times a minute."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._minute = 0
        self._counts: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is written."""
        minute = int(self._monotonic() // 60)
        if minute != self._minute or len(self._counts) > TEXTS_KEPT:
            self._minute, self._counts = minute, {}
        text = f"{record.msg}\x1f{record.args}"
        count = self._counts[text] = self._counts.get(text, 0) + 1
        if count == PER_MINUTE:
            record.msg = f"{record.getMessage()} (again and again; no more of this for a minute)"
            record.args = ()
        return count <= PER_MINUTE


def set_up_log(level: str, *, monotonic: Callable[[], float], out: TextIO | None = None) -> logging.Logger:
    """Direct the agent's log to `out` (standard error) from `level` (one of LEVELS) on."""
    log = logging.getLogger(NAME)
    target = logging.StreamHandler(out or sys.stderr)
    target.setFormatter(logging.Formatter("%(levelname)s %(threadName)s: %(message)s"))
    target.addFilter(Bound(monotonic))
    for present in list(log.handlers):
        log.removeHandler(present)
    log.addHandler(target)
    log.propagate = False
    log.setLevel(level.upper() if level in LEVELS else "INFO")
    return log
