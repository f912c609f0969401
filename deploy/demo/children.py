"""The programs that the demo starts, and how each of them ends.

Every child runs in a session of its own, so that a Ctrl-C in the terminal reaches the demo alone
and it can end them in order: first what writes, then what sends, then what receives. A child is
ended by its process number, which cannot be anybody else's while we have not waited for it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.demo.interrupts import INTERRUPTS

READY_S = 30.0
STOP_S = 10.0
POLL_S = 0.02
LAST_LINES = 15


class ChildFailed(Exception):
    """A child ended, or did not get ready in time; `last_lines` is what it said last."""

    def __init__(self, name: str, problem: str, last_lines: str) -> None:
        super().__init__(f"{name} {problem}")
        self.name = name
        self.problem = problem
        self.last_lines = last_lines


class Child:
    """One program; its output goes to `log`, which is kept over restarts."""

    def __init__(self, name: str, argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.argv = list(argv)
        self.log = log
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process number; 0 when it does not run."""
        with INTERRUPTS.put_off():
            return self._running.pid if self._running is not None and self._running.poll() is None else 0

    def start(self) -> None:
        """Start it; it must not run already."""
        with self.log.open("ab") as out, INTERRUPTS.put_off():
            self._running = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )

    def wait_ready(self, is_ready: Callable[[], bool], within_s: float = READY_S) -> None:
        """Return once `is_ready` says so; `ChildFailed` when the child ends first or time runs out."""
        deadline = time.monotonic() + within_s
        while not is_ready():
            if not self.pid:
                code = None if self._running is None else self._running.returncode
                raise ChildFailed(self.name, f"ended at its start (exit code {code})", self.last_lines())
            if time.monotonic() > deadline:
                raise ChildFailed(self.name, f"is not ready after {within_s:.0f} s", self.last_lines())
            time.sleep(POLL_S)

    def stop(self, within_s: float = STOP_S) -> bool:
        """SIGTERM, wait, SIGKILL if it does not end; whether it ended by itself. Nothing if it does not run."""
        child = self._running
        if child is None or not self.pid:
            return True
        with INTERRUPTS.put_off():
            child.terminate()
            try:
                child.wait(within_s)
            except subprocess.TimeoutExpired:
                self.kill()
                return False
        return True

    def kill(self) -> None:
        """SIGKILL, without warning."""
        with INTERRUPTS.put_off():
            if self._running is not None and self._running.poll() is None:
                self._running.send_signal(signal.SIGKILL)
                self._running.wait()

    def last_lines(self) -> str:
        """What it wrote last."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-LAST_LINES:])
