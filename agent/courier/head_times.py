"""When the head of the audit chain is looked at and sent up, pure."""

from __future__ import annotations

from typing import Final

from remediation.executor.model import HeadGiven

SOON_S: Final = 60.0
LATEST_S: Final = 3_600.0  # between two signings of a head that nobody countersigns
LOOK_S: Final = 600.0


class HeadTimes:
    """Due at the start, at once after a change, each minute and then slower while a head is not countersigned."""

    def __init__(self) -> None:
        self.is_changed = False
        self._next_at_s: float | None = None
        self._size = -1
        self._wait_s = SOON_S

    def note_change(self) -> None:
        """Something came through here that stands in the chain."""
        self.is_changed = True

    def is_due(self, now_s: float) -> bool:
        """Whether to ask for the head now."""
        return self.is_changed or self._next_at_s is None or now_s >= self._next_at_s

    def note_sent(self, now_s: float, given: HeadGiven | None) -> None:
        """What the executor gave was sent, if there was anything new in it."""
        self.is_changed = False
        if given is None or given.head.size <= given.secured:
            self._wait_s = LOOK_S
        elif given.head.size != self._size:
            self._wait_s = SOON_S
        else:
            self._wait_s = min(self._wait_s * 2, LATEST_S)
        self._size = -1 if given is None else given.head.size
        self._next_at_s = now_s + self._wait_s
