"""Unknown errors as pages and programs see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LIMIT = 100
LIMIT_MAX = 1_000
DAYS = 14  # what counts and sparkline span unless asked otherwise
DAYS_MAX = 90


@dataclass(frozen=True)
class UnknownFilter:
    """Which ones; None means all. `days` is how far back counts go, today included."""

    product: str | None = None
    state: str | None = None
    days: int = DAYS
    limit: int = LIMIT


@dataclass(frozen=True)
class SiteCount:
    """How often an unknown error came at one site."""

    site_id: str
    name: str
    count: int


@dataclass(frozen=True)
class UnknownRecord:
    """One unknown error of the fleet. `count` and `sites` are of the asked days, `per_day` the oldest first."""

    id: int
    product: str
    fingerprint: str
    template: str
    catalogue_version: str
    severity: str
    source: str
    sample: str
    first_at: datetime
    last_at: datetime
    state: str
    reason: str
    code: str
    decided_by: str
    decided_at: datetime | None
    count: int
    sites: int
    per_day: tuple[int, ...]
    top_sites: tuple[SiteCount, ...]
    is_overflow: bool

    @property
    def came_again(self) -> bool:
        """Whether it was seen after a person had decided about it."""
        return self.decided_at is not None and self.last_at > self.decided_at
