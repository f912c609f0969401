"""What the rules see and say: frozen, without a database.

A *case* is one fingerprint with its alert and its ticket (the live one, else the one that ended
last). A *signal* is one event as the rules see it. A *decision* is the case afterwards plus what
is to be written into the histories, so that replay and ingest share every line of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from collector.tickets.alert_state import AlertCause, AlertState
from collector.tickets.state import LIVE, TicketStatus

RULE = "rule"  # the actor of what the machine does


class Disposition(StrEnum):
    """What became of an event; every stored event has one, so that nothing is dropped uncounted."""

    TICKET = "ticket"  # counted on the ticket it names
    PENDING = "pending"  # waits for the open delay of its alert
    TRANSIENT = "transient"  # the fault went away within the open delay
    HISTORY = "history"  # older than the agent's first start: recorded, opens nothing
    CLEARING = "clearing"  # said that a fault is gone


class ChangeKind(StrEnum):
    """Rows of a ticket's timeline."""

    OPENED = "opened"
    LEVEL_RAISED = "level_raised"
    RECOVERED = "recovered"
    RELAPSED = "relapsed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    LATE_EVIDENCE = "late_evidence"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    ACTED = "acted"  # a host answered a signed request that named the ticket
    REQUESTED = "requested"  # a request of the ticket came to another state (collector.relay.requests.state)


@dataclass(frozen=True)
class Signal:
    """One event as the rules see it. Levels are 1 (worst) to 4."""

    firing: bool
    level: int
    count: int
    received_at: datetime
    occurred_at: datetime
    clearable: bool = False  # the code has a clearing signal
    immediate: bool = False  # the wait is in the rule that noticed it (silence): no open delay on top


@dataclass(frozen=True)
class Alert:
    """The state of one fingerprint; the instants are described at the table."""

    state: AlertState = AlertState.OK
    level: int = 4
    clearable: bool = False
    first_firing_at: datetime | None = None
    last_firing_at: datetime | None = None
    ok_at: datetime | None = None
    due_at: datetime | None = None
    transient_count: int = 0
    waiting_count: int = 0  # occurrences that wait for the open delay


@dataclass(frozen=True)
class Ticket:
    """The part of a ticket that the rules read and change; `id` is None until it is stored."""

    id: int | None
    status: TicketStatus
    level: int
    count: int
    clock_start_at: datetime
    opened_at: datetime
    first_event_at: datetime
    last_event_at: datetime
    touched: bool = False  # a person has acknowledged, assigned, commented or reopened it
    recovered_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    closed_at: datetime | None = None
    reopen_count: int = 0
    recurrence_of: int | None = None

    @property
    def is_live(self) -> bool:
        """Not resolved, closed, cancelled or merged."""
        return self.status in LIVE


@dataclass(frozen=True)
class Case:
    """One fingerprint: its alert, and its ticket (live, or the last one)."""

    alert: Alert | None = None
    ticket: Ticket | None = None

    @property
    def live(self) -> Ticket | None:
        """The ticket, if it is live."""
        return self.ticket if self.ticket and self.ticket.is_live else None


@dataclass(frozen=True)
class AlertMove:
    """A row of the alert's history."""

    at: datetime
    before: AlertState
    after: AlertState
    cause: AlertCause


@dataclass(frozen=True)
class TicketChange:
    """A row of the ticket's timeline; `ticket_id` None is the ticket that this decision opened."""

    at: datetime
    kind: ChangeKind
    ticket_id: int | None
    detail: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What the rules say: the case afterwards, the history of it, and where the events belong.

    `disposition` is for the event that was judged; `waiting` for those that waited for the open
    delay (None leaves them). Both go to the case's ticket when they say TICKET.
    """

    case: Case
    moves: tuple[AlertMove, ...] = ()
    changes: tuple[TicketChange, ...] = ()
    disposition: Disposition | None = None
    waiting: Disposition | None = None
