"""What keeps snapshots: one narrow port, two engines, one conformance suite for both.

An engine is built for one target with its key and knows nothing of schedules, databases or proofs.
Every method raises the errors of `remediation.backup.errors` and nothing else of its own making.
Only the receiver's side may call `forget`; a host that pushes to an append-only target cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from remediation.backup.model import Damage, Entry, Part, Restored, Saved, SaveOrder, Selection, Snapshot, Tell


class Engine(Protocol):
    """Snapshots at one target."""

    @property
    def name(self) -> str:
        """`restic` or `archive`."""

    def prepare(self) -> None:
        """Make the target ready; does nothing when it is. `TargetRefused` when it holds something else."""

    def save(self, order: SaveOrder, tell: Tell) -> Saved:
        """Make one snapshot. All or nothing: what is cut off in the middle is never listed."""

    def snapshots(self) -> Sequence[Snapshot]:
        """Every whole snapshot, oldest first by `at`."""

    def entries(self, snapshot: str, selection: Selection) -> Iterator[Entry]:
        """What a snapshot holds, parents before children."""

    def read(self, snapshot: str, path: str) -> Iterator[bytes]:
        """The content of one file, in pieces."""

    def restore(self, snapshot: str, selection: Selection, into: Path, tell: Tell) -> Restored:
        """Write below `into`, which is empty or absent: /etc/a becomes into/etc/a. Nothing leaves `into`."""

    def check(self, part: Part | None) -> Sequence[Damage]:
        """Structure and index; with a part, every byte of that part is read and compared too."""

    def forget(self, snapshots: Sequence[str]) -> int:
        """Remove snapshots and what only they needed; bytes freed."""
