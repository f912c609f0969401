"""Requests and offered actions as the collector keeps and shows them. None of it makes anything run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from collector.relay.bundles.model import BundleRecord
from collector.relay.requests.state import FINAL, OPEN, RequestState
from remediation.trust.targets import Actions
from wire.proofs import Result

HOSTS_SHOWN = 50  # of a site, to choose from
ON_TICKET = 20  # newest requests of a ticket that a page shows


class Asked(Struct, frozen=True, kw_only=True):
    """What is asked for, as it stands in a draft or in the signed document."""

    product: str
    action: str
    parameters: dict[str, str] = {}
    reason: str = ""
    hosts: list[str] = []


@dataclass(frozen=True)
class HostStanding:
    """Where a request stands on one host; `result` is the host's newest word."""

    agent: str
    hostname: str
    state: RequestState
    obstacle: str
    changed_at: datetime
    result: Result | None = None
    bundle: BundleRecord | None = None


@dataclass(frozen=True)
class RequestRecord:
    """One draft or signed request. `digest` is None for a draft."""

    id: str
    site: str
    ticket_id: int | None
    ticket: str
    asked: Asked
    made_by: str
    made_at: datetime
    not_after: datetime
    digest: str | None
    hosts: Sequence[HostStanding] = ()

    @property
    def is_draft(self) -> bool:
        """Whether it waits for an engineer's signature."""
        return self.digest is None and any(each.state is RequestState.DRAFTED for each in self.hosts)

    @property
    def is_open(self) -> bool:
        """Whether anything may still come of it on some host."""
        return any(each.state in OPEN for each in self.hosts)

    @property
    def is_over(self) -> bool:
        """Whether every host has come to an end with it."""
        return all(each.state in FINAL for each in self.hosts)


@dataclass(frozen=True)
class Choice:
    """What somebody may ask for on a ticket: hosts of its site by id, and the product's actions for display."""

    site: str
    product: str
    hosts: Mapping[str, str]  # agent id -> host name; those with the ticket's events first
    named: frozenset[str]  # ids of the hosts with the ticket's events
    actions: Actions | None
