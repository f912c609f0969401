"""How the files of a product are exchanged: two layouts behind one port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol


class Payload(Protocol):
    """The verified new files of a patch."""

    def open(self) -> AbstractContextManager[Iterator[tuple[str, Iterator[bytes]]]]:
        """(path, pieces of its content) in the order of the manifest. `PatchRefused` when it is not as signed."""


class Files(Protocol):
    """The product's files on this host. Everything but `stage` may be repeated after a crash."""

    def check(self) -> None:
        """Whether the files are those that the patch is for; `PatchRefused` shows the difference."""

    def stage(self, payload: Payload) -> None:
        """Write the new files beside the old ones, whole, on the disk, and read again. `StepFailed`."""

    def recheck(self) -> None:
        """The services stand still: nothing was changed since `stage`. Quick; `StepFailed`."""

    def abandon(self) -> None:
        """Remove what `stage` left; nothing of the product was touched."""

    def switch(self) -> None:
        """The new files take the place of the old ones, durably."""

    def switch_back(self) -> None:
        """The old ones again, durably, however far `switch` came."""

    def is_new(self) -> bool:
        """Whether all files are the new ones."""

    def is_old(self) -> bool:
        """Whether all files are the old ones."""

    def tidy(self) -> None:
        """Remove what nobody needs any more; what a way back needs stays."""
