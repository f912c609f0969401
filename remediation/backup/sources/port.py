"""What can be saved beside plain trees: a source writes a consistent dump into the stage, and says what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.model import Tell


class Source(Protocol):
    """One database of the policy."""

    @property
    def name(self) -> str:
        """As the policy calls it; also the folder of its dump in the stage."""

    def save(self, into: Path, tell: Tell) -> DatabaseFacts:
        """Dump it below `into` (empty folder). `SourceFailed` when it is not whole; then nothing of it counts."""


class LoadedDump(Protocol):
    """A dump that was loaded into a scratch server."""

    def counts(self) -> dict[str, int]:
        """Rows of each table, as in the manifest."""

    def query(self, statement: str) -> Iterator[tuple[object, ...]]:
        """Rows of one reading statement: the vendor's assertions."""

    def integrity(self) -> list[str]:
        """What the engine's own check finds wrong; empty: nothing."""


class Scratch(Protocol):
    """Loads dumps into servers of their own: another process, another folder, no way to the live one."""

    def load(self, facts: DatabaseFacts, dump: Path, into: Path) -> AbstractContextManager[LoadedDump]:
        """Start an empty server of the same major version below `into` and load the dump; ended and removed at exit."""
