"""What the check expects, and what it saw. Plain facts: everything is judged from these alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from deploy.demo.proxy import Promise


class Ending(StrEnum):
    """How a ticket has to end within the run."""

    OPEN = "open"  # no clearing signal: still there, or gone by expiry alone
    AUTO = "auto"  # recovered and resolved by rule
    PERSON = "person"  # recovered by rule, then resolved by a person, and not before


@dataclass(frozen=True)
class Expected:
    """One ticket that a fault must lead to. `identity` are fields that its identity must hold."""

    fault: str
    site: str
    module: str
    code: str
    level: int
    count: int
    ending: Ending
    identity: tuple[tuple[str, str], ...] = ()
    line: str | None = None  # what the application's own line about it says; None for what no log says

    def __str__(self) -> str:
        told = " ".join(value for _, value in self.identity)
        return f"{self.fault}: {self.code} {told}".strip() + f" at {self.site}"


@dataclass(frozen=True)
class TicketSeen:
    """One ticket as the API showed it: its last state, when it was first seen, and the statuses on the way."""

    number: str
    site: str
    module: str
    code: str
    level: int
    count: int
    resolution: str | None
    identity: Mapping[str, str]
    first_seen_s: float  # wall clock
    statuses: tuple[str, ...]

    def is_about(self, expected: Expected) -> bool:
        """Whether this ticket is the one that is expected, whatever else is wrong with it."""
        same = (self.site, self.code) == (expected.site, expected.code)
        return same and all(self.identity.get(name) == value for name, value in expected.identity)


@dataclass(frozen=True)
class StoredEvent:
    """One row of the collector's event table."""

    site: str
    agent: str
    epoch: str
    sequence: int
    position: int
    event_id: str
    code: str
    count: int


@dataclass(frozen=True)
class Stored:
    """What the collector's database holds at the end. A batch is (agent, epoch, sequence)."""

    batches: Mapping[tuple[str, str, int], int] = field(default_factory=dict)  # its number of records
    events: tuple[StoredEvent, ...] = ()
    parked: int = 0
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Away:
    """The time without an agent, in lines of the application's log that hold a fault."""

    lines_at_kill: int = 0
    lines_at_return: int = 0
    seen_meanwhile: int = 0  # tickets of these faults that were seen before the agent came back


@dataclass(frozen=True)
class Restart:
    """The collector's restart, in lines of the burst that were written before and after it was away."""

    lines_at_stop: int = 0
    lines_at_return: int = 0
    lines_at_end: int = 0


@dataclass(frozen=True)
class Usage:
    """What one agent used: resident bytes at the end, processor seconds in all, seconds it ran."""

    name: str
    rss_bytes: int
    cpu_s: float
    ran_s: float


@dataclass(frozen=True)
class Observations:
    """Everything that one run of the check saw."""

    expected: tuple[Expected, ...]
    tickets: tuple[TicketSeen, ...] = ()
    promises: tuple[Promise, ...] = ()
    stored: Stored = Stored()
    logged: Mapping[tuple[str, str], int] = field(default_factory=dict)  # lines by site and code
    written_s: Mapping[Expected, float] = field(default_factory=dict)  # wall clock of the first line
    away: Away = Away()
    restart: Restart = Restart()
    usage: tuple[Usage, ...] = ()
    tidy: tuple[str, ...] = ()  # programs that did not end by themselves when asked
    took_s: float = 0.0

    def ticket_for(self, expected: Expected) -> TicketSeen | None:
        """The one ticket about it; None when there is none, or more than one."""
        found = [ticket for ticket in self.tickets if ticket.is_about(expected)]
        return found[0] if len(found) == 1 else None

    def latency_s(self, expected: Expected) -> float | None:
        """From the application's line to the ticket in an answer of the API."""
        ticket, written = self.ticket_for(expected), self.written_s.get(expected)
        return None if ticket is None or written is None else ticket.first_seen_s - written


@dataclass(frozen=True)
class Finding:
    """One thing that was checked. `needs_fault`: it cannot hold in a run without its fault."""

    name: str
    held: bool
    why: str
    fault: str | None = None

    @property
    def needs_fault(self) -> bool:
        """Whether this finding must fail when the fault that it is about is withheld."""
        return self.fault is not None
