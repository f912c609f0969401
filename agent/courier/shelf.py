"""Documents that wait on this host, one file each, bounded: `documents/<sha256>.json` in the state folder.

A document is on the disk before the collector's answer counts as read. The shelf holds at most
`DOCUMENTS`; what comes beyond that is refused and told, for nobody may fill a customer's disk.
"""

from __future__ import annotations

import contextlib
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.courier.sorting import Sorted, Way, sort_document
from agent.durable import make_private_folder, write_durably
from wire.errors import Malformed

FOLDER_NAME: Final = "documents"
DOCUMENTS: Final = 200


class ShelfFull(Exception):
    """No further document is taken."""


class Shelf:
    """The folder."""

    def __init__(self, state: Path) -> None:
        self._folder = state / FOLDER_NAME

    def put(self, document: Sorted) -> bool:
        """Keep a document durably; False when it lies here already. `ShelfFull` when there is no room."""
        path = self._path(document)
        if path.exists():
            return False
        make_private_folder(self._folder)
        if sum(1 for _ in self._folder.iterdir()) >= DOCUMENTS:
            raise ShelfFull(f"{DOCUMENTS} documents wait already")
        write_durably(path, document.raw)
        return True

    def documents(self) -> list[Sorted]:
        """All that waits, in a fixed order; what cannot be read is dropped."""
        found = []
        if self._folder.is_dir():
            for path in sorted(self._folder.glob("*.json")):
                with contextlib.suppress(OSError):
                    try:
                        found.append(sort_document(path.read_bytes()))
                    except Malformed:
                        path.unlink()
        return found

    def drop(self, document: Sorted) -> None:
        """Forget a document."""
        self._path(document).unlink(missing_ok=True)

    def drop_old(self, now: datetime, documents: list[Sorted]) -> None:
        """Forget approvals whose time is over."""
        for document in documents:
            if document.way is Way.APPROVAL and document.not_after is not None and now >= document.not_after:
                self.drop(document)

    def _path(self, document: Sorted) -> Path:
        return self._folder / f"{hashlib.sha256(document.raw).hexdigest()}.json"
