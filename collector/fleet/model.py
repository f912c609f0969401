"""Sites, tokens and agents as the collector sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wire.keys import Ed25519PublicKey


@dataclass(frozen=True)
class Site:
    """A place of a customer; `tz` is an IANA zone."""

    id: str
    name: str
    customer: str
    tz: str
    language: str
    created_at: datetime
    calendar: str | None = None  # of its clocks; None: the collector's default


@dataclass(frozen=True)
class KnownAgent:
    """An agent as the gate needs it for each request."""

    id: str
    site_id: str
    key_id: str
    key: Ed25519PublicKey
    revoked: bool


@dataclass(frozen=True)
class AgentLine:
    """An agent as `agent list` shows it."""

    id: str
    site_id: str
    hostname: str
    agent_version: str
    enrolled_at: datetime
    last_seen_at: datetime | None
    revoked_at: datetime | None
    silent_since: datetime | None
    quarantined_at: datetime | None
    interruption: str | None
    interrupted_at: datetime | None


@dataclass(frozen=True)
class Watched:
    """An agent as the silence rule sees it."""

    id: str
    site_id: str
    hostname: str
    last_seen_at: datetime  # of the enrolment, before the first batch


@dataclass(frozen=True)
class TokenRow:
    """An enrolment token as it is stored."""

    id: str
    site_id: str
    secret_hash: str
    expires_at: datetime
    used_at: datetime | None
    used_by: str | None
