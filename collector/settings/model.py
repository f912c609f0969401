"""The collector's settings file, as a schema. Rules have the defaults of the service plan.

Durations end in `_s`. Lists of four are for fault levels 1 to 4.
"""

from __future__ import annotations

from typing import Annotated

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
    stateless_expiry_s: Seconds = 1_800  # a code without a clearing signal is ok after so long in silence
    heartbeat_s: Annotated[float, Meta(ge=0.1, le=3_600)] = 60
    wait_s: Annotated[float, Meta(ge=0, le=LONGEST_S)] = 50  # how long an agent may wait for documents; 0: not at all
    waiters: Annotated[int, Meta(ge=0, le=100_000)] = 10_000  # agents that may wait at once; the others report as usual
    silent_after_s: Seconds = 180  # at least three heartbeats, whatever stands here
    silent_grace_s: Seconds = 600  # after a start of the collector nobody is called silent for so long
    reopen_within_s: Seconds = 7 * 86_400
    late_evidence_s: Seconds = 300
    close_after_s: Seconds = 5 * 86_400


class Retention(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long and how many rows each growing table keeps; the cap holds whatever the age."""

    event_days: Annotated[float, Meta(gt=0, le=3_660)] = 90
    event_rows: Annotated[int, Meta(ge=1_000)] = 5_000_000
    health_days: Annotated[float, Meta(gt=0, le=3_660)] = 30
    health_rows: Annotated[int, Meta(ge=1_000)] = 10_000_000
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


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. `state` holds the database, the receipt key and the vendor's published files."""

    state: PathText = "/var/lib/sitewarden-collector"
    exchange: Listener = Listener(port=8443)
    console: Listener = Listener(port=8080)
    console_address: str = "http://127.0.0.1:8080"  # what people type; printed in login links
    rules: Rules = Rules()
    retention: Retention = Retention()
    token_valid_s: Seconds = 86_400
