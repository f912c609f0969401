"""The collector's settings file, as a schema. Rules have the defaults of the service plan.

Durations end in `_s`. Lists of four are for fault levels 1 to 4.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from wire.waiting import LONGEST_S

PathText = Annotated[str, Meta(min_length=1, max_length=4_096)]
Seconds = Annotated[float, Meta(ge=0, le=366 * 86_400)]
PerLevel = tuple[Seconds, Seconds, Seconds, Seconds]


class Listener(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a listener stands; without a certificate it is plain HTTP and loopback alone."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)]
    certificate: PathText | None = None
    key: PathText | None = None


class Rules(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When alerts fire, tickets open, recover, resolve and close; the numbers R2, R8, R10, R11 of the design."""

    open_delay_s: PerLevel = (0, 60, 300, 900)
    stable_s: PerLevel = (1_800, 1_800, 3_600, 86_400)
    stateless_expiry_s: Seconds = 1_800  # without a clearing signal ok after so long, or three times its repeat
    heartbeat_s: Annotated[float, Meta(ge=0.1, le=3_600)] = 60
    wait_s: Annotated[float, Meta(ge=0, le=LONGEST_S)] = 50  # how long an agent may wait for documents; 0: not at all
    waiters: Annotated[int, Meta(ge=0, le=100_000)] = 10_000  # agents that may wait at once; the others report as usual
    silent_after_s: Seconds = 180  # at least three heartbeats, whatever stands here
    silent_grace_s: Seconds = 600  # after a start of the collector nobody is called silent for so long
    reopen_within_s: Seconds = 7 * 86_400
    late_evidence_s: Seconds = 300
    close_after_s: Seconds = 5 * 86_400
    flapping_window_s: Seconds = 3_600
    flapping_rises: Annotated[int, Meta(ge=2, le=100)] = 5
    recurrence_window_s: Seconds = 90 * 86_400
    recurrences: Annotated[int, Meta(ge=1, le=100)] = 3  # so many make a problem, and the level one worse
    storm_window_s: Seconds = 300
    storm_fingerprints: Annotated[int, Meta(ge=2, le=1_000)] = 20
    storm_calm_s: Seconds = 600  # a storm is over when so long fewer than `storm_calm_fingerprints` were new
    storm_calm_fingerprints: Annotated[int, Meta(ge=1, le=1_000)] = 3
    storm_digest_s: Annotated[float, Meta(ge=60, le=86_400)] = 900
    storm_frozen_s: Seconds = 4 * 3_600
    fleet_window_s: Seconds = 600
    fleet_sites: Annotated[int, Meta(ge=2, le=10_000)] = 5
    problem_quiet_s: Seconds = 86_400  # so long after its last ticket a problem gathers no more of them
    upstream_window_s: Seconds = 120
    site_tickets: Annotated[int, Meta(ge=1, le=10_000)] = 10
    site_budget_s: Seconds = 3_600
    fleet_tickets: Annotated[int, Meta(ge=1, le=100_000)] = 100
    fleet_budget_s: Seconds = 300
    silent_share: Annotated[float, Meta(gt=0, le=1)] = 0.3  # more of all sites at once: the fault is ours
    silent_sites: Annotated[int, Meta(ge=1, le=10_000)] = 5
    silent_together_s: Seconds = 300
    break_through_level: Annotated[int, Meta(ge=0, le=4)] = 1  # so bad faults open tickets in a window; 0: none
    buffered_after_s: Seconds = 600  # an event that took longer was kept by an agent without a connection


class Admission(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much is taken at once. A rate of 0 is no limit."""

    site_batches_s: Annotated[float, Meta(ge=0, le=1_000_000)] = 20.0  # of one site, whatever its size ...
    agent_batches_s: Annotated[float, Meta(ge=0, le=1_000_000)] = 1.0  # ... and so many more for each of its agents
    site_bytes_s: Annotated[int, Meta(ge=0, le=10**12)] = 1_000_000  # the same for unpacked bytes
    agent_bytes_s: Annotated[int, Meta(ge=0, le=10**12)] = 20_000
    site_patch_bytes_s: Annotated[int, Meta(ge=0, le=10**12)] = 2_000_000  # new files of patches, down to one site
    burst_s: Annotated[float, Meta(ge=1, le=3_600)] = 60.0  # the allowance of so many seconds may come at once
    backlog_s: Annotated[float, Meta(ge=0.1, le=15)] = 10.0  # of work that waits; more is turned away
    stretch: Annotated[float, Meta(ge=1, le=4)] = 4.0  # under load reports are asked for so much less often; 1: never


class Mail(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The mail server that takes our mails. Without TLS only on this machine."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca: PathText | None = None  # who vouches for the server, where the system's list does not
    user: Annotated[str, Meta(max_length=256)] = ""
    password_file: PathText | None = None
    sender: Annotated[str, Meta(min_length=3, max_length=254)]
    include_evidence: bool = False  # log lines of a customer's server leave by mail only where this says so


class Messages(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much one person is told, and when what waits is told together; R7 of the design."""

    pages: Annotated[int, Meta(ge=1, le=1_000)] = 10  # for one person in `page_window_s`; more wait for a digest
    page_window_s: Seconds = 900
    digest_s: Seconds = 900  # what is gathered is told together so long after the first of it
    allow_loopback: bool = False  # webhooks may call this machine, and without TLS: for tests and the demo
    ca: PathText | None = None  # who vouches for webhook endpoints, where the system's list does not


class Metrics(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who may read /metrics of the console's listener: without a token this machine alone, and not through a proxy."""

    token_file: PathText | None = None


class Backups(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How old the newest proof of level 3 may be before a host's backup is no longer green; the hosts say 35 too."""

    proof_days: Annotated[float, Meta(gt=0, le=3_650)] = 35


class Retention(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long and how many rows each growing table keeps; the cap holds whatever the age."""

    event_days: Annotated[float, Meta(gt=0, le=3_660)] = 90
    event_rows: Annotated[int, Meta(ge=1_000)] = 5_000_000
    health_days: Annotated[float, Meta(ge=1, le=400)] = 60  # every sample; a row is an hour of an agent
    health_hourly_days: Annotated[float, Meta(ge=1, le=3_660)] = 400  # least, mean and greatest of each hour
    health_daily_days: Annotated[float, Meta(ge=31, le=36_600)] = 1_830  # the same of each day
    batch_days: Annotated[float, Meta(gt=0, le=3_660)] = 14
    batch_rows: Annotated[int, Meta(ge=1_000)] = 10_000_000
    parked_days: Annotated[float, Meta(gt=0, le=3_660)] = 90
    parked_rows: Annotated[int, Meta(ge=100)] = 100_000
    gap_days: Annotated[float, Meta(gt=0, le=3_660)] = 365
    gap_rows: Annotated[int, Meta(ge=1_000)] = 1_000_000
    unknown_days: Annotated[float, Meta(gt=0, le=3_660)] = 90  # errors without a code that came no more
    change_days: Annotated[float, Meta(gt=0, le=3_660)] = 365  # how alerts went on and off
    change_rows: Annotated[int, Meta(ge=1_000)] = 5_000_000
    result_days: Annotated[float, Meta(gt=0, le=3_660)] = 365  # whole outputs; the timeline keeps their beginning
    result_rows: Annotated[int, Meta(ge=1_000)] = 1_000_000
    document_days: Annotated[float, Meta(gt=0, le=3_660)] = 30  # after it was settled, or its time was over
    draft_days: Annotated[float, Meta(gt=0, le=3_660)] = 7  # after its time was over; of requests too
    request_days: Annotated[float, Meta(gt=0, le=3_660)] = 365
    message_days: Annotated[float, Meta(gt=0, le=3_660)] = 365  # who was told what
    message_rows: Annotated[int, Meta(ge=1_000)] = 1_000_000
    backup_proof_days: Annotated[float, Meta(ge=31, le=36_600)] = 1_830  # never the newest good one of a host


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. `state` holds the database, the receipt key and the vendor's published files.

    With `database` (postgresql://user@host/name, several hosts with commas) the database is that PostgreSQL instead.
    """

    state: PathText = "/var/lib/sitewarden-collector"
    database: Annotated[str, Meta(min_length=1, max_length=2_048)] | None = None
    database_password_file: PathText | None = None
    exchange: Listener = Listener(port=8443)
    console: Listener = Listener(port=8080)
    console_address: str = "http://127.0.0.1:8080"  # what people type; printed in login links
    rules: Rules = Rules()
    admission: Admission = Admission()
    backups: Backups = Backups()
    retention: Retention = Retention()
    mail: Mail | None = None
    messages: Messages = Messages()
    metrics: Metrics = Metrics()
    token_valid_s: Seconds = 86_400
