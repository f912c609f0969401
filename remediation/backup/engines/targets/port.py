"""Where an archive's objects lie: names to bytes, written once and never changed.

Saving, restoring and checking need `put`, `get` and `listed` only, so the credentials of a host need no
right to delete. Only forgetting, on the receiver's side, uses `delete`.

Names are lower-case words of letters and digits between slashes, for example `packs/3f/3f09...`. Every
method raises `TargetUnavailable` when the target is away, full or read-only, `TargetRefused` when a person
has to act, and `Absent` for a name that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

MARKER = "repository"  # the object whose presence says: this is a backup target, and it is attached


class Absent(Exception):
    """There is no object of this name."""


@dataclass(frozen=True)
class Kept:
    """One object. `arrived_at` is read from the receiver's clock; None where the target does not tell."""

    name: str
    size_bytes: int
    arrived_at: datetime | None = None


class Target(Protocol):
    """Objects at one place. May be used by several threads."""

    @property
    def where(self) -> str:
        """For people; holds no secret."""

    def prepare(self, marker: bytes) -> None:
        """Write the marker where none is, in a place that is empty or absent; `TargetRefused` elsewhere."""

    def put(self, name: str, content: bytes) -> bool:
        """Keep an object, whole or not at all, on stable storage. False: the name is taken, nothing was written."""

    def get(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """The object, or a part of it; fewer bytes where it ends before."""

    def listed(self, folder: str) -> Iterator[Kept]:
        """Every object below `folder`, in any order; none where there is no such folder."""

    def delete(self, name: str) -> None:
        """Remove it; nothing happens when it is gone already."""
