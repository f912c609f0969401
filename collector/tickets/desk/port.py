"""Where the rules keep what they know: in memory for a replay, in the database for the collector.

One suite of tests runs against both. `keep` is the only way a case changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from collector.tickets.desk.model import Code, Fleet, Notice, Site, Suppression
from collector.tickets.model import Case, Decision, Hold


@dataclass(frozen=True)
class About:
    """What a fingerprint is about, as far as the rules care."""

    key: str
    site: str
    module: str
    code: str
    kind: str


class DueKind(Enum):
    """What has become due."""

    ALERT = "alert"
    SITE = "site"
    FLEET = "fleet"


@dataclass(frozen=True)
class Due:
    """The next thing that time changes; `key` is a fingerprint, a site, or empty for all sites."""

    at: datetime
    kind: DueKind
    key: str


class Books(Protocol):
    """All that is known. Reading what nobody has kept gives empty values."""

    def about(self, key: str) -> About:
        """What a fingerprint that has a case is about."""

    def case(self, key: str) -> Case:
        """Its alert and ticket."""

    def keep(self, about: About, decision: Decision) -> Case:
        """Write what was decided; the case with the ticket's id."""

    def speaker(self, key: str) -> str:
        """R14: the fingerprint that speaks for this one: itself, unless their tickets were merged."""

    def set_speaker(self, key: str, speaker: str | None) -> None:
        """From now on another fingerprint speaks for this one; None: it speaks for itself again."""

    def enter(self, suppression: Suppression) -> None:
        """Append to the ledger of what was held back."""

    def adopt(self, ticket: int, *, parent: int | None = None, problem: int | None = None) -> None:
        """A ticket became part of another, or of a problem."""

    def unsettled(self, site: str) -> Iterable[str]:
        """Fingerprints of a site whose alert is not ok."""

    def site(self, site: str) -> Site:
        """What is kept of a site."""

    def keep_site(self, site: str, kept: Site, due: datetime | None) -> None:
        """Keep it; `due` is when time changes something."""

    def code(self, module: str, code: str) -> Code:
        """What is kept of a code across sites."""

    def keep_code(self, module: str, code: str, kept: Code) -> None:
        """Keep it."""

    def fleet(self) -> Fleet:
        """What is kept of all sites."""

    def keep_fleet(self, kept: Fleet, due: datetime | None) -> None:
        """Keep it; `due` is when time changes something."""

    def new_problem(self) -> int:
        """The id of a problem that begins."""

    def upstream(self, module: str) -> tuple[str, ...]:
        """Modules that this one depends on."""

    def declared(self, module: str) -> tuple[str, ...]:
        """The versions of the module's product, the earliest first; empty when no order is declared."""

    def downstream(self, module: str) -> tuple[str, ...]:
        """Modules that depend on this one."""

    def held(self, hold: Hold) -> Iterable[tuple[str, str]]:
        """Site and fingerprint of every fault that this holds back."""

    def site_count(self) -> int:
        """How many sites are watched for silence."""

    def host_count(self, site: str) -> int:
        """How many hosts of a site are watched for silence."""

    def next_due(self, now: datetime) -> Due | None:
        """What is due by `now`, the earliest first."""

    def tell(self, notice: Notice) -> None:
        """Somebody should hear of it."""
