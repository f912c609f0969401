"""`ErrorCounts` out of the agent's file, read as a stranger's: bounded, no link followed, fresh or nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from remediation.patch.gate.counts import FILE_BYTES, ErrorFile, during, read

LOOK_S: Final = 1.0
LOOKS: Final = 45  # the agent writes each half minute when there is nothing new


class FileErrorCounts:
    """Errors of one product."""

    def __init__(self, path: Path, product: str, now: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
        self._path = path
        self._product = product
        self._now = now
        self._sleep = sleep

    def during(self, seconds: float) -> int | None:
        """How many until now, once the agent has written again; None when it does not, or counts too short a time."""
        asked_at = self._now()
        for _ in range(LOOKS):
            found = self._read()
            if found is not None and found.written_at >= asked_at:
                waited = (self._now() - asked_at).total_seconds()
                return during(found, self._product, seconds + waited, self._now())
            self._sleep(LOOK_S)
        return None

    def _read(self) -> ErrorFile | None:
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            return None
        with os.fdopen(handle, "rb") as source:
            return read(source.read(FILE_BYTES + 1))
