"""What the rules keep of a site, of a code across sites, and of all sites; small, bounded, stored as JSON."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

SITE_MODULE, FLEET_MODULE = "SITE", "COLLECTOR"
STORM_CODE, OVERFLOW_CODE, SILENT_CODE, MASS_SILENCE_CODE = "SITE-STORM", "SITE-OVERFLOW", "SITE-SILENT", "COL-SILENT"
CALENDAR_CODE, CALENDAR_KNOWN_CODE = "COL-CALENDAR", "COL-CALENDAR-KNOWN"
KIND_STORM, KIND_OVERFLOW, KIND_SILENT, KIND_INTERNAL = "storm", "overflow", "site_silent", "internal"
SILENCES_MAX = 200  # at the same time
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
    CLOCK_WARNING = "clock_warning"
    CLOCK_BREACHED = "clock_breached"
    REMINDED = "reminded"


class Notice(Struct, frozen=True):
    """One thing that somebody should hear of. `ticket` or `problem` says about what."""

    at: datetime
    kind: NoticeKind
    cause: NoticeCause
    site: str
    ticket: int | None = None
    problem: int | None = None
    metric: str | None = None  # of a clock: collector.sla.plan.Metric
    percent: int | None = None  # of its time
    audience: str | None = None  # collector.sla.warnings.Audience, parted by commas


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
    """A maintenance window of a site: from `since` to before `until`. `id` is its row's, 0 in a replay."""

    since: datetime
    until: datetime
    id: int = 0


class Silence(Struct, frozen=True):
    """What a person holds back until an instant; an empty field is any: a site, a code, one fingerprint."""

    id: int
    until: datetime
    site: str = ""
    module: str = ""
    code: str = ""
    key: str = ""


class HoldEnd(StrEnum):
    """How a fault ceased to be held back."""

    OPENED = "opened"  # it has a ticket; what was held counts there too, unless a storm's ticket counts it
    CLEARED = "cleared"  # it went away: nobody had a ticket for it
    MOVED = "moved"  # something else holds it now, and goes on with the count


class Suppression(Struct, frozen=True):
    """One line of the ledger: a fault was held back, by what, how often it occurred, and how that ended."""

    key: str
    site: str
    hold: str
    host: str
    since: datetime
    until: datetime
    count: int
    end: HoldEnd


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
    workaround: str = ""
    patch: str = ""  # the patch that cures it, in words
    change: str = ""  # what was rolled out shortly before it began
    closed_at: datetime | None = None


class SiteAt(Struct, frozen=True):
    """A site at which a code fired."""

    at: datetime
    site: str
    ticket: int | None = None


class Code(Struct, frozen=True):
    """One module and code across sites."""

    recent: tuple[SiteAt, ...] = ()
    problem: Problem | None = None
    put_off: dict[str, datetime] = {}  # site -> until when it has deferred or declined the patch that cures it


class Fleet(Struct, frozen=True):
    """All sites."""

    opened: tuple[Opened, ...] = ()
    silent: tuple[SiteAt, ...] = ()
    mass_silence: str | None = None  # fingerprint of the ticket that says so
    silences: tuple[Silence, ...] = ()
