"""What is known of patches, of hosts as far as patches care, and what people said about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from remediation.patch.manifest import Manifest

BACKUP_FRESH: Final = timedelta(hours=48)  # a good backup that is older counts as none
DISK_FACTOR: Final = 2.5  # new files, old files and a margin, where the manifest names no need
REASON_CHARS: Final = 500
SAID_BY_CHARS: Final = 128
DEFER_MOST: Final = timedelta(days=366)


class DecisionKind(StrEnum):
    """What a customer said."""

    DEFERRED = "deferred"  # until a day
    DECLINED = "declined"


@dataclass(frozen=True)
class Patch:
    """One published patch. `digest` is the SHA-256 of its manifest."""

    manifest: Manifest
    digest: str
    noticed_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def id(self) -> str:
        """As the vendor calls it; unique within its product."""
        return self.manifest.id

    @property
    def product(self) -> str:
        """Whose role vouches for it."""
        return self.manifest.product

    @property
    def module(self) -> str:
        """As lists of software name it: PRODUCT/MODULE."""
        return f"{self.manifest.product}/{self.manifest.module}"

    @property
    def needed_bytes(self) -> int:
        """Free room below its root that it needs."""
        payload = self.manifest.payload
        unpacked = 0 if payload is None else int(payload.unpacked_bytes * DISK_FACTOR)
        return max(self.manifest.needs.disk_bytes, unpacked)


class Fact(NamedTuple):
    """One module of one host, as far as patches care. Hosts with the same fact are judged once.

    `disks` holds the mounts with little room, as (mount, free bytes); None when no sample said anything.
    `has` are the patches in it, of those that others require or exclude.
    """

    version: str  # empty: the host could not find it out
    is_heard: bool
    has_backup: bool
    disks: tuple[tuple[str, int], ...] | None
    has: frozenset[str]
    agent_version: str


class Progress(StrEnum):
    """Where the newest request to apply a patch stands on a host."""

    ASKED = "asked"  # drafted, sent or delivered
    NOT_APPROVED = "not_approved"
    WINDOW = "window"  # approved; the customer's window is closed
    APPROVED = "approved"
    DONE = "done"
    ROLLED_BACK = "rolled_back"
    LOST = "lost"  # begun, and the host has not said how it ended


@dataclass(frozen=True)
class Standing:
    """The newest request for one patch on one host."""

    progress: Progress
    at: datetime
    request: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class Decision:
    """What a customer said about one patch at one site, as somebody at the desk noted it."""

    id: int
    site: str
    product: str
    patch: str
    kind: DecisionKind
    until: datetime | None
    reason: str
    said_by: str  # who of the customer, and how
    made_by: str
    made_at: datetime

    def is_in_force(self, now: datetime) -> bool:
        """Whether it still counts."""
        return self.until is None or now < self.until


@dataclass(frozen=True)
class Host:
    """One host with its modules, as PRODUCT/MODULE -> version."""

    id: str
    site: str
    hostname: str
    last_seen_at: datetime | None
    is_heard: bool
    agent_version: str
    versions: Mapping[str, str]
    changed_at: Mapping[str, datetime]
    has_backup: bool = False
    free_bytes: Mapping[str, int] | None = None  # by mount


@dataclass(frozen=True)
class Cure:
    """An open ticket that a patch names a cure for."""

    number: str
    site: str
    module: str
    code: str
    level: int
    title: str  # JSON of Texts
