"""What is told, to whom, and what became of it: frozen, without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from collector.notify.state import MessageState
from collector.tickets.desk.model import NoticeKind
from wire.catalogue.model import Texts


class Channel(StrEnum):
    """How a message travels."""

    MAIL = "mail"
    WEBHOOK = "webhook"


KIND_EVENT = "event"  # of a message to a webhook
KIND_TEST = "test"
LANGUAGES = ("en", "ko", "zh-Hans")


@dataclass(frozen=True)
class Quiet:
    """Hours of the day in which digests wait: `since` to `until` as HH:MM; they may span midnight."""

    since: str
    until: str


@dataclass(frozen=True)
class Recipient:
    """A person who gets mail. `sites` empty: of every site; `level`: this one and the worse ones."""

    id: int
    name: str
    address: str
    language: str
    kinds: tuple[NoticeKind, ...]
    level: int
    sites: tuple[str, ...]
    zone: str
    quiet: Quiet | None
    created_at: datetime


@dataclass(frozen=True)
class Webhook:
    """An address that is called. `events` empty: every event."""

    id: int
    name: str
    address: str
    events: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True)
class About:
    """What a message is about, as the database has it now. Empty parts: no ticket, no site, no problem."""

    site_id: str | None = None
    site_name: str = ""
    customer: str = ""
    zone: str = "UTC"
    ticket_id: int | None = None
    number: str = ""
    kind: str = ""
    level: int | None = None
    status: str = ""
    title: Texts | None = None
    module: str = ""
    code: str = ""
    clock_start_at: datetime | None = None
    opened_at: datetime | None = None
    problem_id: int | None = None
    evidence: str = ""  # the newest log lines of the ticket


@dataclass(frozen=True)
class Noticed:
    """A row of `notice`, with what it is about. `cause` is a text: rules to come bring causes of their own."""

    id: int
    at: datetime
    kind: str
    cause: str
    about: About


@dataclass(frozen=True)
class Changed:
    """A row of a ticket's timeline, with the ticket."""

    id: int
    at: datetime
    kind: str
    detail: Mapping[str, Any]
    about: About


@dataclass(frozen=True)
class KnownError:
    """What occurred of a code at a site and got no ticket, because the site has not what cures it."""

    site_id: str
    site_name: str
    customer: str
    zone: str
    module: str
    code: str
    level: int  # the worst
    count: int
    since: datetime
    put_off_until: datetime | None  # the customer decided so; None: its version has not got the cure


@dataclass(frozen=True)
class Draft:
    """A message that is to be made."""

    dedupe_key: str
    channel: Channel
    target_id: int
    kind: str
    cause: str
    about: About
    subject: str
    body: str
    state: MessageState
    next_at: datetime | None


@dataclass(frozen=True)
class Parcel:
    """A message in the hands of a courier, who holds it as `claim`."""

    id: int
    uid: str
    channel: Channel
    target_id: int
    address: str
    subject: str
    body: str
    created_at: datetime
    attempts: int  # before this one
    claim: str
    sealed_secret: str = ""  # of a webhook


@dataclass(frozen=True)
class MessageRecord:
    """A message as the log shows it."""

    id: int
    uid: str
    channel: str
    target_id: int
    target: str  # name of the recipient or webhook
    address: str
    kind: str
    cause: str
    site_id: str | None
    number: str | None  # of the ticket
    problem_id: int | None
    subject: str
    created_at: datetime
    state: MessageState
    next_at: datetime | None
    attempts: int
    settled_at: datetime | None
    digest_id: int | None


@dataclass(frozen=True)
class AttemptRecord:
    """A row of a message's history."""

    at: datetime
    event: str
    status: int | None
    detail: str
    actor: str
    duration_ms: int | None
