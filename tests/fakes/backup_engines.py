"""Both engines at real targets, built as the product builds them."""

from __future__ import annotations

import os
import random
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.engines.archive.keyring import Recipient
from remediation.backup.engines.port import Engine
from remediation.backup.engines.restic.engine import ResticEngine
from remediation.backup.engines.restic.places import Folder
from remediation.backup.engines.targets.directory import Directory
from remediation.backup.engines.targets.pace import Pace
from remediation.backup.model import SaveOrder, Selection, Step
from remediation.backup.programs import Programs

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
EVERYTHING = Selection()
KEY = b"0123456789abcdef0123456789abcdef"
OTHER_KEY = b"x" * 32


def no_limit() -> Pace:
    return Pace(None, time.monotonic, time.sleep)


def silent(step: Step) -> None:
    """Tell nobody."""


def an_order(*roots: Path, at: datetime = AT, **labels: str) -> SaveOrder:
    return SaveOrder("host-1", roots, labels or {"site": "clinic, 서울=1"}, at)


def at_directory(root: Path, *, is_synced: bool = False) -> Directory:
    return Directory(root, pace=no_limit(), new_name=lambda: uuid.uuid4().hex, is_synced=is_synced)


def an_archive(root: Path, cache: Path, key: bytes = KEY, seed: int | None = None) -> ArchiveEngine:
    source = random.Random(seed).randbytes if seed is not None else os.urandom
    return ArchiveEngine(at_directory(root), Recipient(key), cache, source)


def a_restic(root: Path, state: Path, key: bytes = KEY) -> ResticEngine:
    return ResticEngine(Folder(root), key.hex(), state, Programs(time.monotonic))


@dataclass
class Kit:
    """One engine at one target in a folder, and another way to it."""

    name: str
    root: Path
    state: Path
    make: Callable[[Path, Path, bytes], Engine]
    packs: str  # where its packs lie below root
    snapshots: str
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = self.make(self.root, self.state, KEY)

    def fresh(self, key: bytes = KEY) -> Engine:
        """The same target from a host that knows nothing yet."""
        return self.make(self.root, self.state.with_name(uuid.uuid4().hex), key)

    def all_packs(self) -> list[Path]:
        return sorted(path for path in (self.root / self.packs).rglob("*") if path.is_file())


def kits(base: Path) -> dict[str, Callable[[], Kit]]:
    return {
        "archive": lambda: Kit("archive", base / "target", base / "state", an_archive, "packs", "snapshots"),
        "restic": lambda: Kit("restic", base / "target", base / "state", a_restic, "data", "snapshots"),
    }


def is_restic_here() -> bool:
    return shutil.which("restic") is not None
