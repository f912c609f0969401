"""What runs a program, as the executor sees it: the real one in `runner.py`, a scripted one in tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from remediation.repair.actions import Program


@dataclass(frozen=True)
class Ran:
    """How a program ended. Exactly one of `exit_code`, `signal` and `problem` says how."""

    exit_code: int | None = None
    signal: int | None = None
    problem: str = ""  # it could not be started
    is_timeout: bool = False  # it was killed (`signal`) because its time was over
    duration_s: float = 0.0
    output: bytes = b""  # standard output and error as they came, the first bytes up to the program's limit
    output_bytes: int = 0  # how many there were

    @property
    def is_success(self) -> bool:
        """Whether it ended by itself with 0."""
        return self.exit_code == 0


class Runner(Protocol):
    """Runs one program to its end. Never raises for what a program does."""

    def run(self, program: Program) -> Ran:
        """Start it, wait for it or kill it, and say how it ended."""
