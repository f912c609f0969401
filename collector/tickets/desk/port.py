"""Where the rules keep what they know: in memory for a replay, in the database for the collector.

One suite of tests runs against both. `keep` is the only way a case changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from collector.tickets.desk.model import Code, Fleet, Notice, Site
from collector.tickets.model import Case, Decision


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


@dataclass(frozen=True)
class Due:
    """The next thing that time changes; `key` is a fingerprint or a site."""

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

    def keep_fleet(self, kept: Fleet) -> None:
        """Keep it."""

    def new_problem(self) -> int:
        """The id of a problem that begins."""

    def upstream(self, module: str) -> tuple[str, ...]:
        """Modules that this one depends on."""

    def downstream(self, module: str) -> tuple[str, ...]:
        """Modules that depend on this one."""

    def site_count(self) -> int:
        """How many sites are watched for silence."""

    def host_count(self, site: str) -> int:
        """How many hosts of a site are watched for silence."""

    def next_due(self, now: datetime) -> Due | None:
        """What is due by `now`, the earliest first."""

    def tell(self, notice: Notice) -> None:
        """Somebody should hear of it."""
