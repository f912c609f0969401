"""A thread that does one thing in turns, and outlives every mistake in it.

`turn` does what is due and gives the seconds until it wants to be called again; `wake` ends that
time at once. This is the one place of the agent that catches everything: a mistake is logged with
its trace, the loop backs off (1 s to a minute) and goes on, because an agent that is silent about one
source must still speak about the others.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

LONGEST_S: Final = 60.0

_log = logging.getLogger("sitewarden")


class Loop:
    """One thread and its turns."""

    def __init__(self, name: str, turn: Callable[[], float]) -> None:
        self.name = name
        self.failures = 0
        self._turn = turn
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Take the next turn now."""
        self._awake.set()

    def stop(self, timeout_s: float) -> bool:
        """Ask the loop to end and wait so long for the turn under way; whether it has ended."""
        self._stopping.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._awake.clear()
            wait_s = self._guarded_turn()
            if wait_s > 0:
                self._awake.wait(min(wait_s, LONGEST_S))

    def _guarded_turn(self) -> float:
        try:
            wait_s = self._turn()
        except Exception:  # noqa: BLE001  # the one broad handler of each loop: see above
            self.failures += 1
            _log.exception("the loop %s failed", self.name)
            return float(min(LONGEST_S, 2 ** min(self.failures - 1, 6)))
        self.failures = 0
        return wait_s
