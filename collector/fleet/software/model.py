"""Software of hosts as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SoftwareRecord:
    """One package or module of one host; `version` is empty where the host could not find it out."""

    agent_id: str
    hostname: str
    name: str
    version: str
    changed_at: datetime


@dataclass(frozen=True)
class ListRecord:
    """One list of one host: how long it is, when it was taken, and whether it is known to be whole."""

    kind: str
    count: int
    taken_at: datetime
    is_sure: bool
