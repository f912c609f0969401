"""Windows, silences, what they hold, and the ledger, as pages and programs see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from wire.catalogue.model import Texts

WINDOW_MAX = timedelta(days=7)
WINDOW_AHEAD = timedelta(days=366)
WINDOWS_OF_SITE = 50
SILENCE_MIN, SILENCE_MAX = timedelta(minutes=1), timedelta(days=30)
TEXT_CHARS = 1_000
NAME_CHARS = 128


@dataclass(frozen=True)
class NewWindow:
    """A window that is asked for. `approved_by` is who of the customer agreed, and how."""

    site: str
    since: datetime
    until: datetime
    owner: str
    approved_by: str
    reason: str = ""


@dataclass(frozen=True)
class WindowRecord:
    """A window as it is kept."""

    id: int
    site: str
    site_name: str
    tz: str
    since: datetime
    until: datetime
    owner: str
    approved_by: str
    reason: str
    created_at: datetime
    created_by: str
    removed_at: datetime | None
    removed_by: str | None


@dataclass(frozen=True)
class NewSilence:
    """What shall be held back: empty is any. `ticket` is the number of one whose fault is meant."""

    until: datetime
    reason: str
    site: str = ""
    module: str = ""
    code: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class SilenceRecord:
    """A silence as it is kept."""

    id: int
    site: str | None
    site_name: str | None
    module: str | None
    code: str | None
    fingerprint_id: int | None
    until: datetime
    reason: str
    created_at: datetime
    created_by: str
    removed_at: datetime | None
    removed_by: str | None


@dataclass(frozen=True)
class HeldRecord:
    """A fault that fires and is held back now; `host_number` is the ticket that counts it."""

    fingerprint_id: int
    key: str
    site: str
    site_name: str
    tz: str
    module: str
    code: str
    identity: dict[str, str]
    level: int
    hold: str
    count: int
    since: datetime
    last_at: datetime
    host_number: str | None


@dataclass(frozen=True)
class LedgerLine:
    """A hold that ended."""

    id: int
    site: str
    site_name: str
    tz: str
    module: str
    code: str
    hold: str
    since: datetime
    until: datetime
    count: int
    end: str


@dataclass(frozen=True)
class StormRecord:
    """A storm's ticket that is open."""

    number: str
    site: str
    site_name: str
    language: str
    tz: str
    level: int
    title: Texts
    status: str
    started_at: datetime
    count: int
    members: int
    is_over: bool
