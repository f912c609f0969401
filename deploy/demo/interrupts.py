"""Ctrl-C, SIGTERM and a closed terminal end the demo, but never in the middle of starting or ending a program.

A signal becomes KeyboardInterrupt at any instruction of the main thread. Between the birth of a
program and the line that remembers it, that would leave an orphan; between `subprocess` taking its
own lock and giving it back, everybody who asks after that program would wait for ever. So these
few lines run with the interrupt put off until their end.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """The one state of this process: signals are its too. Counts only in the main thread, where handlers run."""

    def __init__(self) -> None:
        self._depth = 0
        self._pending = False

    def listen(self) -> None:
        """From now on the signals raise KeyboardInterrupt."""
        for number in SIGNALS:
            signal.signal(number, self._arrived)

    def ignore(self) -> None:
        """From now on they do nothing: the end is under way, and a second Ctrl-C must not stop that."""
        self._pending = False
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """An interrupt that arrives inside is raised at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._pending and not self._depth:
                self._pending = False
                raise KeyboardInterrupt

    def _arrived(self, _number: int, _frame: object) -> None:
        if self._depth:
            self._pending = True
        else:
            raise KeyboardInterrupt


INTERRUPTS = Interrupts()
