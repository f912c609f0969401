"""Counts known errors by product on their way to the spool, into a small file for the gate of a patch."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.durable import make_private_folder, write_durably
from agent.spool.port import Cursor, Deposit, Intake
from remediation.patch.gate.counts import FILE_NAME, begun, counted, write
from wire.messages import Status

CALM_S: Final = 30.0  # a sign of life


class CountingIntake:
    """An `Intake` in front of another one, and the file. `turn` writes it; safe to call from several threads."""

    def __init__(self, intake: Intake, state: Path, now: Callable[[], datetime]) -> None:
        self._intake = intake
        self._path = state / FILE_NAME
        self._now = now
        self._lock = threading.Lock()
        self._file = begun(self._read(), now())
        self._is_new = True
        self._written_at = now()

    def cursors(self, source: str) -> list[Cursor]:
        """Every file of this source that is known."""
        return self._intake.cursors(source)

    def levels(self) -> dict[str, str]:
        """The stored threshold states."""
        return self._intake.levels()

    def first_start_seen(self, source: str) -> bool:
        """Whether this source has been read before; false exactly once, at its first start."""
        return self._intake.first_start_seen(source)

    def deposit(self, deposit: Deposit) -> None:
        """Store it, then count it: what was not stored comes again."""
        self._intake.deposit(deposit)
        seen = [
            (event.product, event.count)
            for event in deposit.events
            if event.status is Status.FIRING and not event.history
        ]
        if seen:
            with self._lock:
                self._file = counted(self._file, seen, self._now())
                self._is_new = True

    def turn(self) -> None:
        """Write what is new, or a sign of life; every two seconds."""
        now = self._now()
        is_calm = 0 <= (now - self._written_at).total_seconds() < CALM_S
        if self._is_new or not is_calm:
            with self._lock:
                self._file = counted(self._file, (), now)
                raw, self._is_new, self._written_at = write(self._file), False, now
            with contextlib.suppress(OSError):  # a full disk: the gate finds nothing fresh, and refuses
                make_private_folder(self._path.parent)
                write_durably(self._path, raw, flush=False)

    def _read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except OSError:
            return b""
