"""The agent's one settings file, as a schema.

A file owned by the customer's administrator. What is read, probed and sent is set here, never by
the collector. Durations end in `_s` (seconds), sizes in `_bytes`, shares in `_percent`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from agent.settings.budgets import BudgetSettings
from agent.settings.probes import BoundsSettings, ProbeSettings
from agent.settings.redaction import RedactionSettings
from wire.catalogue.model import PatternText
from wire.fields import Name
from wire.limits import LINE_CHARS, NAME_CHARS, PROCESSES

PathText = Annotated[str, Meta(min_length=1, max_length=LINE_CHARS)]
UnitName = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9:_.@*?\\-]+\Z")]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Share = Annotated[float, Meta(gt=0, le=100)]


class TimeRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a line's own time reads: `regex` with one group, a strptime `format`, an IANA `zone`."""

    regex: PatternText
    format: Annotated[str, Meta(min_length=1, max_length=200)]


class RecordRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a multi-line record starts, and when it is taken as complete although nothing followed."""

    start: PatternText
    silence_s: Seconds = 0.15  # a logger writes a stack trace in one or a few writes, microseconds apart
    max_lines: Annotated[int, Meta(ge=1, le=5_000)] = 500


FieldPath = Annotated[str, Meta(max_length=NAME_CHARS)]


class JsonNames(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the fields of a log of JSON lines are called; dots lead into objects. Empty: the usual names."""

    time: FieldPath = ""
    level: FieldPath = ""
    message: FieldPath = ""
    stack: FieldPath = ""


class JournalRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Which entries of systemd's journal are read: those of these units, or all."""

    units: Annotated[list[UnitName], Meta(max_length=64)] = []
    directory: PathText = ""  # of journal files that came from elsewhere; without a value this host's own journal


class Source(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Some log files that are read in the same way, or the journal."""

    name: Name
    path: PathText = ""  # of files; may hold * and ? in its last part
    journal: JournalRule | None = None  # instead of a path
    format: Literal["plain", "docker", "cri", "json"] = "plain"  # how a container or a logger wraps its lines
    fields: JsonNames = JsonNames()  # of JSON lines
    last_line_s: Seconds = 5.0  # a last line without line end is taken after so long, if it is an event
    catalogue: PathText  # a file, or vendor:PRODUCT for the vendor's signed one
    encoding: Annotated[str, Meta(min_length=1, max_length=32)] = "utf-8"
    # "end": of files that exist at the first start only; later files are read from their beginning.
    start: Literal["beginning", "end"] = "end"
    open_tickets: bool = False  # whether lines from before the first start open tickets
    # How lines become records: by their start, or by the language whose stack traces stand in the log.
    record: RecordRule | Literal["java", "python", "dotnet", "php", "node", "cpp", "go"] | None = None
    time: Literal["iso", "syslog", "nginx", "postgresql"] | TimeRule | None = None
    zone: Annotated[str, Meta(min_length=1, max_length=64)] | None = None  # IANA; the host's own zone otherwise
    severity: PatternText | None = None  # what a line says that tells of an error; the usual words otherwise


class Limit(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A threshold with hysteresis: raised at or above one value for a while, cleared below another."""

    raise_percent: Share
    clear_percent: Share
    for_s: Annotated[float, Meta(ge=0, le=86_400)] = 0


class WatchedProcess(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A process that should run: found by a text in its command line."""

    name: Name
    command: Annotated[str, Meta(min_length=1, max_length=500)]


class HealthSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is measured and when it is a fault."""

    disk: Limit = Limit(raise_percent=90, clear_percent=85)
    cpu: Limit = Limit(raise_percent=95, clear_percent=80, for_s=300)
    memory: Limit = Limit(raise_percent=95, clear_percent=90, for_s=60)
    processes: Annotated[list[WatchedProcess], Meta(max_length=PROCESSES)] = []


class SpoolSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much of the customer's disk the agent may use."""

    max_bytes: Annotated[int, Meta(ge=2_000_000, le=2**40)] = 512_000_000
    keep_acked_bytes: Annotated[int, Meta(ge=0, le=2**40)] = 64_000_000
    keep_acked_s: Annotated[float, Meta(ge=0, le=30 * 86_400)] = 48 * 3_600


class ExecutorSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the executor of this host lives; without values beside the state folder."""

    folder: PathText | None = None  # its own: place, policy, ledger, audit chain
    socket: PathText | None = None  # in that folder; that of the shipped units for their folder


class BackupSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the backup of this host tells how it stands, and the policy that it goes by."""

    folder: PathText | None = None  # the `state` of the backup policy; without a value beside the state folder
    policy: PathText | None = None  # without a value backup.yaml beside this file


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. `collector` is https://..., or http:// for loopback alone."""

    collector: Annotated[str, Meta(min_length=8, max_length=500)]
    state: PathText = "/var/lib/sitewarden"
    ca_file: PathText | None = None
    proxy: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    wait: bool = True  # keep a question open at the collector, so that signed documents come at once
    sources: Annotated[list[Source], Meta(max_length=200)] = []
    health: HealthSettings = HealthSettings()
    probes: ProbeSettings = ProbeSettings()
    bounds: BoundsSettings = BoundsSettings()
    spool: SpoolSettings = SpoolSettings()
    budgets: BudgetSettings = BudgetSettings()
    executor: ExecutorSettings = ExecutorSettings()
    backup: BackupSettings = BackupSettings()
    redaction: RedactionSettings = RedactionSettings()
    products: Annotated[list[Name], Meta(max_length=64)] | None = None  # of the vendor; without it all that there are
