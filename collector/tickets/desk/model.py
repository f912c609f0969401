"""What the rules keep of a site, of a code across sites, and of all sites; small, bounded, stored as JSON."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

SITE_MODULE, FLEET_MODULE = "SITE", "COLLECTOR"
STORM_CODE, OVERFLOW_CODE, SILENT_CODE, MASS_SILENCE_CODE = "SITE-STORM", "SITE-OVERFLOW", "SITE-SILENT", "COL-SILENT"
KIND_STORM, KIND_OVERFLOW, KIND_SILENT, KIND_INTERNAL = "storm", "overflow", "site_silent", "internal"
RECENT_MAX = 1_000  # fingerprints of one window; a storm begins long before


class NoticeKind(StrEnum):
    """Who is told, and how urgently."""

    PAGE = "page"  # the first notice of a ticket or problem to whoever is on duty
    DIGEST = "digest"
    CUSTOMER = "customer"


class NoticeCause(StrEnum):
    """Why somebody is told."""

    OPENED = "opened"
    REOPENED = "reopened"
    RECURRING = "recurring"
    LEVEL_RAISED = "level_raised"
    FLAPPING = "flapping"
    SETTLED = "settled"
    REGRESSED = "regressed"
    STORM_GOES_ON = "storm_goes_on"
    STORM_OVER = "storm_over"
    PROBLEM_SUSPECTED = "problem_suspected"


class Notice(Struct, frozen=True):
    """One thing that somebody should hear of. `ticket` or `problem` says about what."""

    at: datetime
    kind: NoticeKind
    cause: NoticeCause
    site: str
    ticket: int | None = None
    problem: int | None = None


class New(Struct, frozen=True):
    """A fingerprint that went from ok to pending or firing."""

    at: datetime
    key: str


class Opened(Struct, frozen=True):
    """A ticket that opened by itself, for the budgets."""

    at: datetime
    module: str
    code: str


class Storm(Struct, frozen=True):
    """A storm that lasts. `newest` are the last times a fingerprint was new, the oldest first."""

    key: str
    ticket: int
    started_at: datetime
    newest: tuple[datetime, ...]
    digest_at: datetime


class Window(Struct, frozen=True):
    """A maintenance window of a site: from `since` to before `until`."""

    since: datetime
    until: datetime


class Site(Struct, frozen=True):
    """One site. `hosted`: fingerprint of a storm or overflow -> those of its members that still fire."""

    recent: tuple[New, ...] = ()
    storm: Storm | None = None
    opened: tuple[Opened, ...] = ()
    windows: tuple[Window, ...] = ()
    hosted: dict[str, tuple[str, ...]] = {}
    silent: tuple[str, ...] = ()  # hosts
    hosts: int = 1

    @property
    def is_silent(self) -> bool:
        """Whether nobody at the site is heard."""
        return len(self.silent) >= max(1, self.hosts)


class ProblemState(StrEnum):
    """Where a problem stands."""

    SUSPECTED = "suspected"
    KNOWN_ERROR = "known_error"
    CLOSED = "closed"


class Problem(Struct, frozen=True):
    """One cause behind tickets of several sites, or behind a fault that keeps coming back."""

    id: int
    module: str
    code: str
    state: ProblemState
    sites: tuple[str, ...]
    since: datetime
    last_at: datetime
    fixed_in: str | None = None


class SiteAt(Struct, frozen=True):
    """A site at which a code fired."""

    at: datetime
    site: str
    ticket: int | None = None


class Code(Struct, frozen=True):
    """One module and code across sites."""

    recent: tuple[SiteAt, ...] = ()
    problem: Problem | None = None


class Fleet(Struct, frozen=True):
    """All sites."""

    opened: tuple[Opened, ...] = ()
    silent: tuple[SiteAt, ...] = ()
    mass_silence: str | None = None  # fingerprint of the ticket that says so
