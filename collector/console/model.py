"""Sites, hosts and their health as the pages show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from wire.messages import Gap, Health, Inventory


@dataclass(frozen=True)
class SiteRecord:
    """One site with what a list says of it. `open` counts open tickets by level."""

    id: str
    name: str
    customer: str
    tz: str
    language: str
    hosts: int = 0
    last_seen_at: datetime | None = None
    silent_hosts: int = 0
    open: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class HostRecord:
    """One agent and the host it runs on."""

    id: str
    hostname: str
    os: str
    agent_version: str
    enrolled_at: datetime
    revoked_at: datetime | None
    last_seen_at: datetime | None
    clock_skew_ms: int
    spool_bytes: int
    spool_full: bool
    silent_since: datetime | None
    quarantined_at: datetime | None
    interruption: str | None
    interrupted_at: datetime | None
    inventory: Inventory | None
    inventory_at: datetime | None
    newest: Health | None
    parked: int


@dataclass(frozen=True)
class GapRecord:
    """One thing that we know we do not know; `gap` is None when its body cannot be read any more."""

    id: int
    hostname: str
    cause: str
    source: str
    noticed_at: datetime
    gap: Gap | None
