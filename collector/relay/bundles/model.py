"""A bundle as the collector knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SITE_BYTES = 1_000_000_000  # of bundles of one site
KEPT_DAYS = 30.0


@dataclass(frozen=True)
class BundleRecord:
    """One bundle of one host; `position` of `size` bytes are here."""

    request: str
    agent: str
    site: str
    sha256: str
    size: int
    position: int
    is_stored: bool
    changed_at: datetime


class PieceRefused(Exception):
    """A piece is not taken. `status` and `error` as the exchange says them."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.error = error
