"""What the read side of tickets gives: records as the pages, the API and the command line show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wire.catalogue.model import Texts
from wire.messages import Event

OPEN = ("new", "acknowledged", "in_progress", "pending", "recovered")  # everything that still wants something
DONE = ("resolved", "closed", "cancelled", "merged")
LIMIT = 100
LIMIT_MAX = 500
EVENTS = 50  # newest events that a ticket shows
TIMELINE = 500  # newest entries of a timeline; what is older stays in the database


@dataclass(frozen=True)
class TicketRecord:
    """One ticket with the names around it. Instants are aware, UTC."""

    id: int
    number: str
    kind: str
    site_id: str
    site_name: str
    site_tz: str
    site_language: str
    fingerprint_id: int
    product: str
    module: str
    code: str
    title: Texts
    identity: Mapping[str, str]
    level: int
    status: str
    opened_by: str
    count: int
    reopen_count: int
    clock_start_at: datetime
    opened_at: datetime
    first_event_at: datetime
    last_event_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assignee: str | None
    recovered_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None
    closed_at: datetime | None
    is_firing: bool
    is_flapping: bool = False
    regressed: bool = False  # it came back in a version that should be cured
    fixed_in: str | None = None
    parent_id: int | None = None  # the storm, the fault upstream, or what it was merged into
    problem_id: int | None = None
    recurrence_of: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether anybody still has to do something."""
        return self.status not in DONE


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a ticket's timeline."""

    id: int
    at: datetime
    actor: str
    kind: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class EventRecord:
    """One event of a ticket; `event` is None when its body cannot be read any more."""

    id: int
    event_id: str
    hostname: str | None  # None for what the collector itself noticed
    code: str
    level: int
    status: str
    occurred_at: datetime
    received_at: datetime
    count: int
    event: Event | None


@dataclass(frozen=True)
class TicketFilter:
    """Which tickets; every condition that is set must hold.

    `since` is a cursor that a former answer gave: only what changed after it, in the order of change.
    `before` is a ticket number: only tickets that were opened before it, newest first.
    """

    site: str | None = None
    status: str | None = None
    level: int | None = None
    code: str | None = None
    module: str | None = None
    assignee: str | None = None
    open_only: bool = False
    kind: str | None = None
    since: int | None = None
    before: str | None = None
    limit: int = LIMIT


@dataclass(frozen=True)
class TicketList:
    """An answer to a filter: the tickets, where to go on, and whether there are more."""

    tickets: list[TicketRecord] = field(default_factory=list)
    cursor: int = 0
    more: bool = False
