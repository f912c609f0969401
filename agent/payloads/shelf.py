"""Files of patches on their way: `payloads/` of the state folder, bounded by what the vendor has signed.

    payloads/<sha256>.part     what has come so far; its size is where fetching goes on
    payloads/<sha256>          whole, and it has this SHA-256; the executor copies it and looks for itself
    payloads/wishes/<digest>   `patch fetch` wants the patch with this manifest

Nothing that lies here is ever longer than the manifest says, and what nobody wants any more is deleted. A part that a
power cut has damaged shows at the end, by its digest, and is fetched anew.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from agent.durable import PRIVATE_FILE, flush_folder, make_private_folder, write_durably

FOLDER_NAME: Final = "payloads"
WISHES: Final = "wishes"
PART: Final = ".part"
WISHES_MOST: Final = 4
WISH_AGE: Final = timedelta(days=30)
PIECE: Final = 1 << 18
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Wanted:
    """The files of a patch: `digest` of its manifest; size and `sha256` of the payload, as the vendor signed them."""

    patch: str
    digest: str
    sha256: str
    size: int


class PayloadShelf:
    """The folder."""

    def __init__(self, state: Path) -> None:
        self.folder = state / FOLDER_NAME

    def is_here(self, wanted: Wanted) -> bool:
        """Whether it is whole."""
        return (self.folder / wanted.sha256).exists()

    def position(self, wanted: Wanted) -> int:
        """How many bytes of it are here."""
        try:
            return self._part(wanted).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, wanted: Wanted, content: bytes) -> None:
        """Behind what is here. Not flushed: the digest shows at the end what a power cut has left out."""
        make_private_folder(self.folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(self._part(wanted), flags, PRIVATE_FILE), "wb") as part:
            part.write(content)

    def finish(self, wanted: Wanted) -> bool:
        """Put it under its name, durably, if it is what was signed; else it is deleted."""
        part = self._part(wanted)
        digest = hashlib.sha256()
        with part.open("rb") as source:
            while piece := source.read(PIECE):
                digest.update(piece)
            os.fsync(source.fileno())
        if digest.hexdigest() != wanted.sha256:
            part.unlink()
            return False
        part.replace(self.folder / wanted.sha256)
        flush_folder(self.folder)
        return True

    def drop(self, wanted: Wanted) -> None:
        """Forget what came of it."""
        self._part(wanted).unlink(missing_ok=True)

    def tidy(self, kept: Collection[str]) -> None:
        """Delete what belongs to none of these SHA-256s."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if path.is_file() and path.name.removesuffix(PART) not in kept:
                    path.unlink(missing_ok=True)

    def wish(self, digest: str) -> None:
        """Somebody wants the patch with this manifest here."""
        make_private_folder(self.folder)
        make_private_folder(self.folder / WISHES)
        write_durably(self.folder / WISHES / digest, b"")

    def wishes(self, now: datetime) -> list[str]:
        """What is wished for, the newest first; old wishes, and those that are too many, are deleted."""
        found: list[str] = []
        for path in self._wished():
            age = now - datetime.fromtimestamp(path.stat().st_mtime, UTC)
            if len(found) == WISHES_MOST or age > WISH_AGE or not _DIGEST.fullmatch(path.name):
                path.unlink(missing_ok=True)
            else:
                found.append(path.name)
        return found

    def _wished(self) -> list[Path]:
        folder = self.folder / WISHES
        return sorted(folder.iterdir(), key=lambda path: -path.stat().st_mtime_ns) if folder.is_dir() else []

    def _part(self, wanted: Wanted) -> Path:
        return self.folder / (wanted.sha256 + PART)
