"""What backup, restore and drill speak about. Paths are text as `os.fsdecode` gives it: any name of a file fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class EntryKind(StrEnum):
    """What an entry of a snapshot is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    DEVICE = "device"


@dataclass(frozen=True)
class Entry:
    """One entry of a snapshot. `path` is absolute, as it was on the host."""

    path: str
    kind: EntryKind
    size_bytes: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0
    mtime_ns: int = 0
    target: str = ""  # of a symlink


@dataclass(frozen=True)
class SaveOrder:
    """What one snapshot shall hold."""

    host: str
    roots: tuple[Path, ...]  # absolute: the customer's trees, and the stage with dumps and manifest
    labels: Mapping[str, str]  # short words that stand with the snapshot: site, run, reason
    at: datetime
    exclude: tuple[str, ...] = ()  # shell patterns over whole paths
    one_file_system: bool = False


@dataclass(frozen=True)
class Snapshot:
    """One saved state. `at` is what the host claimed, `arrived_at` what the receiver's clock says (None: unknown)."""

    id: str
    at: datetime
    host: str
    roots: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    arrived_at: datetime | None = None
    files: int | None = None  # None: this engine does not tell without reading everything
    size_bytes: int | None = None


@dataclass(frozen=True)
class Unread:
    """Something that was asked for and is not in the snapshot, or changed while it was read."""

    path: str
    reason: str


@dataclass(frozen=True)
class Saved:
    """A snapshot that was made just now, and what it cost."""

    snapshot: Snapshot
    files: int
    size_bytes: int  # of everything it holds
    added_bytes: int  # that went to the target
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True)
class Selection:
    """What of a snapshot is meant: these paths and all below them; empty: everything."""

    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Restored:
    """What a restore wrote."""

    files: int
    size_bytes: int
    problems: tuple[Unread, ...] = ()


@dataclass(frozen=True)
class Damage:
    """Something at the target that is not as it was written."""

    what: str  # the pack, chunk or snapshot
    reason: str


@dataclass(frozen=True)
class Part:
    """The n-th of `of` equal parts of all bytes at the target (from 1), so that a month of parts reads everything."""

    number: int
    of: int


@dataclass(frozen=True)
class Step:
    """How far something is; totals are 0 while they are unknown."""

    what: str
    done_bytes: int = 0
    total_bytes: int = 0
    done_files: int = 0
    total_files: int = 0


Tell = Callable[[Step], None]
