"""What the rules see and say: frozen, without a database.

A *case* is one fingerprint with its alert and its ticket (the live one, else the one that ended
last). A *signal* is one event as the rules see it. A *decision* is the case afterwards plus what
is to be written into the histories, so that replay and ingest share every line of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

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
    HOSTED = "hosted"  # counted on the ticket of a storm or an overflow
    SUPPRESSED = "suppressed"  # held back by a window, a silence, an upstream fault or a known error


class Hold(StrEnum):
    """Why a fault that fires has no ticket of its own."""

    WINDOW = "window"  # R12: a maintenance window
    SILENT = "silent"  # R4a: the site is silent
    UPSTREAM = "upstream"  # R4b: a module that it depends on is at fault
    SILENCED = "silenced"  # a person holds it back, for a time
    KNOWN = "known"  # R4d, R8.2: the site has deferred the patch that cures it
    STORM = "storm"  # R5: the storm's ticket counts it
    OVERFLOW = "overflow"  # R7: the overflow's ticket counts it


HOSTING = frozenset({Hold.STORM, Hold.OVERFLOW})


class ChangeKind(StrEnum):
    """Rows of a ticket's timeline."""

    OPENED = "opened"
    LEVEL_RAISED = "level_raised"
    LEVEL_LOWERED = "level_lowered"  # by a person, never by rule
    PAUSED = "paused"  # it waits for the customer
    REMINDED = "reminded"  # the customer was reminded
    RESUMED = "resumed"
    CANCELLED = "cancelled"
    MERGED = "merged"  # R14: it goes on as another ticket
    CLOCK_WARNED = "clock_warned"  # so much of a clock's time is used up
    CLOCK_MOVED = "clock_moved"  # another calendar or plan moved what is due
    CLOCK_EXCUSED = "clock_excused"  # a breach is counted apart
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
    PATCHED = "patched"  # a patch passed further states on a host (collector.relay.progress)
    FLAPPING = "flapping"
    SETTLED = "settled"  # it flaps no more
    REGRESSED = "regressed"  # it came back in a version that should be cured
    ADOPTED = "adopted"  # it became part of a storm, a problem or a fault upstream
    JOINED = "joined"  # the other ticket of that merger
    UNMERGED = "unmerged"
    EXPLAINED = "explained"  # why a host was not heard: its last words, or what was found out afterwards


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
    version: str | None = None  # of the module that wrote it


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
    repeat_s: float = 0.0  # the longest time between two firing events of this episode
    version: str | None = None  # of the newest firing event that named one
    hold: Hold | None = None
    host: str | None = None  # fingerprint of the storm or overflow that counts it
    held_count: int = 0  # occurrences since it is held
    risen_at: tuple[datetime, ...] = ()  # when it went from ok to firing, within the flapping window
    is_flapping: bool = False
    recurred_at: tuple[datetime, ...] = ()  # when tickets opened that name another as their earlier self


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
    kind: str = "fault"
    parent: int | None = None  # the storm, or the fault upstream, that it is part of
    problem: int | None = None
    regressed: bool = False
    fixed_in: str | None = None  # the version that cures it, if the resolution named one
    lowered_from: int | None = None  # the level that a person knew when lowering it: only a worse one raises it

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

    def has(self, kind: ChangeKind) -> bool:
        """Whether the timeline gets such a row."""
        return any(change.kind is kind for change in self.changes)


@dataclass(frozen=True)
class Admission:
    """Whether a fault may have a ticket of its own now; `host` is the fingerprint that counts it instead."""

    hold: Hold | None = None
    host: str | None = None


class Around(Protocol):
    """What a fault's surroundings make of it: its site, and all sites."""

    def admit(self, level: int, at: datetime) -> Admission:
        """Whether a ticket may open at `at`."""

    def declared(self) -> tuple[str, ...]:
        """The versions of the fault's product, the earliest first; empty when the vendor names no order."""


class Quiet:
    """Surroundings that admit everything."""

    def admit(self, level: int, at: datetime) -> Admission:  # noqa: ARG002  # the shape of surroundings
        """Always."""
        return Admission()

    def declared(self) -> tuple[str, ...]:
        """No order."""
        return ()
