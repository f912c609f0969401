"""Who somebody is, once it has been proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class User:
    """One account. `language` is empty when the browser decides."""

    id: int
    name: str
    language: str
    created_at: datetime
    disabled_at: datetime | None
    password_hash: str | None = None


@dataclass(frozen=True)
class Visitor:
    """A user with the proof that the request carried: a browser session, or an API token."""

    user: User
    session_hash: str = ""  # empty for an API token
    csrf: str = ""
    token_hash: str = ""  # empty for a browser session
    until: datetime | None = None  # when session or token ends by itself


@dataclass(frozen=True)
class ApiToken:
    """A token as its owner sees it; the secret itself is kept nowhere."""

    id: str
    label: str
    created_at: datetime
    expires_at: datetime
