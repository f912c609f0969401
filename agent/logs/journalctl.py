"""The one program that the reading of logs starts: systemd's `journalctl`, with arguments from this file alone.

It runs without a shell, with an environment of its own, and writes into a pipe: when nobody reads, it waits, so its
output costs no memory. It ends by itself when the agent is gone and it has something to write.
"""

from __future__ import annotations

import os
import subprocess
from typing import Final

from agent.settings.model import JournalRule

PROGRAM: Final = "/usr/bin/journalctl"
OUTPUT: Final = ("--quiet", "--all", "--no-pager", "--output=json", "--follow", "--no-tail")
FIELDS: Final = "--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_PID,_COMM"
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
READ_BYTES: Final = 262_144
END_S: Final = 2.0


class Journalctl:
    """A running `journalctl`. Raises `OSError` when it cannot be started."""

    def __init__(self, journal: JournalRule, where: str, program: str = PROGRAM) -> None:
        """`where` is where to begin: `--cursor=...` or `--since=@...`."""
        which = [f"--directory={journal.directory}"] if journal.directory else []
        which += [f"--unit={unit}" for unit in journal.units]
        arguments = [program, *OUTPUT, FIELDS, where, *which]
        self._process = subprocess.Popen(  # noqa: S603  # a fixed program; the rule is checked by the settings' schema
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            cwd="/",
        )
        assert self._process.stdout is not None  # noqa: S101  # it was asked for
        self._descriptor = self._process.stdout.fileno()
        os.set_blocking(self._descriptor, False)

    def read(self) -> bytes | None:
        """What it has written by now, at most 256 KiB; None when it has ended."""
        try:
            return os.read(self._descriptor, READ_BYTES) or None
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
