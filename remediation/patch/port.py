"""What applying a patch needs from the host: narrow ports, real ones beside them, small working fakes in tests.

Everything here may be repeated: whoever recovers after a crash calls the same again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from remediation.patch.manifest import DatabaseStep, Gate, Service


class Services(Protocol):
    """Services of the host."""

    def is_running(self, service: Service) -> bool:
        """Whether it runs now."""

    def stop(self, service: Service) -> None:
        """Stop it, and see that it did: no process, no listener. `StepFailed` after its time."""

    def start(self, service: Service) -> None:
        """Start it. `StepFailed` when it says that it did not."""

    def hold(self, services: Sequence[Service]) -> None:
        """Nobody else starts them, not even a boot, until `let_go`; durable."""

    def let_go(self, services: Sequence[Service]) -> None:
        """They may start again; durable."""


class Databases(Protocol):
    """Databases that the local settings name."""

    def check(self, steps: Sequence[DatabaseStep], into: Path) -> None:
        """Whether each is there, answers, and what has to be saved of it fits on the disk of `into`; `PatchRefused`."""

    def save(self, steps: Sequence[DatabaseStep], into: Path) -> None:
        """Save every database that these steps touch and that may have to be restored; durable, read again."""

    def restore(self, steps: Sequence[DatabaseStep], out_of: Path) -> None:
        """Put back what `save` saved; may be repeated."""

    def forward(self, patch: str, steps: Sequence[DatabaseStep], kept: Path) -> None:
        """Do all steps. Each statement counts once: what is done is marked in the database itself."""

    def is_done(self, patch: str, steps: Sequence[DatabaseStep]) -> bool:
        """Whether every step is marked as done."""

    def backward(self, patch: str, steps: Sequence[DatabaseStep], kept: Path) -> None:
        """Take back the steps that are marked as done, in the opposite order; may be repeated."""


class Judge(Protocol):
    """Whether the product is well after the change."""

    def before(self, gate: Gate) -> dict[str, float]:
        """What to compare with, read before anything was touched; goes into the journal."""

    def judge(self, gate: Gate, before: dict[str, float]) -> Sequence[str]:
        """What is wrong, in words; empty: the gate is open. Takes up to the soak time."""


class Backups(Protocol):
    """The site's backup."""

    def check(self) -> None:
        """`PatchRefused` when `save` could never succeed here."""

    def save(self, patch: str) -> str:
        """A snapshot of everything that the policy names, right now; its id."""
