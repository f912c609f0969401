"""The records that an agent sends, one struct a kind.

A record is an immutable fact about one host. Every instant is UTC with a zone, every number is bounded, every
text has a maximum length (`limits.py` says where the numbers come from). Unknown fields are ignored, so that a
newer agent can talk to an older collector; an unknown `kind` is parked and counted, never a reason to refuse.

>>> encode_record(Gap(cause=GapCause.ROTATED, source="/var/log/app.log", noticed_at=EXAMPLE_TIME, bytes_lost=10))[:40]
b'{"kind":"gap","cause":"rotated","source"'
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from wire.errors import Malformed
from wire.fields import (
    Amount,
    Code,
    Count,
    EventId,
    Fields,
    FieldValue,
    Level,
    Line,
    Name,
    Percent,
    RecordText,
    Time,
)
from wire.limits import (
    CODE_CHARS,
    CONTEXT_LINES_AFTER,
    CONTEXT_LINES_BEFORE,
    DISKS,
    FIELDS,
    LINE_CHARS,
    NAME_CHARS,
    PROCESSES,
    RECORD_CHARS,
    SAMPLES_PER_EVENT,
    SOFTWARE,
)
from wire.lives import Ending
from wire.proofs import AuditMark, BackupMark, PatchProgress, Result

EXAMPLE_TIME = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


class Status(StrEnum):
    """Whether an event says that the fault is there, or that it is gone."""

    FIRING = "firing"
    OK = "ok"


class TimeOrigin(StrEnum):
    """Where `occurred_at` comes from: the log line's own time, or the instant it was read."""

    LINE = "line"
    READ = "read"


class RecordEnd(StrEnum):
    """Why a multi-line record was taken as complete."""

    LINE = "line"  # the source has no record rule: each line is a record
    NEXT = "next"  # the next record started
    SILENCE = "silence"  # nothing followed for the source's silence time
    SIZE = "size"  # the record reached its size limit and was cut
    EOF = "eof"  # the file ended and will not grow (rotated, or read once)


class Event(Struct, kw_only=True, frozen=True, tag_field="kind", tag="event", omit_defaults=True):
    """A fault of the vendor's product (or of the host) was seen `count` times.

    `event_id` is the content id of the first occurrence: file identity, offset, record bytes. Equal
    faults that wait together are folded into one event; `first_at` and `last_at` span them.
    """

    event_id: EventId
    product: Name
    catalogue_version: Name
    module: Code
    code: Code
    level: Level
    status: Status = Status.FIRING
    occurred_at: Time
    occurred_from: TimeOrigin
    first_at: Time
    last_at: Time
    count: Annotated[int, Meta(ge=1, le=2**53)] = 1
    identity: Fields = {}
    fields: Fields = {}
    source: Annotated[str, Meta(max_length=LINE_CHARS)] = ""
    line_number: Count = 0
    text: RecordText = ""
    ended_by: RecordEnd = RecordEnd.LINE
    samples: Annotated[list[RecordText], Meta(max_length=SAMPLES_PER_EVENT)] = []
    before: Annotated[list[Line], Meta(max_length=CONTEXT_LINES_BEFORE)] = []
    after: Annotated[list[Line], Meta(max_length=CONTEXT_LINES_AFTER)] = []
    history: bool = False  # read from before the agent's first start: recorded, opens no ticket
    evidence_held: bool = False  # the customer keeps lines and fields; an `Evidence` may bring them later


class Evidence(Struct, kw_only=True, frozen=True, tag_field="kind", tag="evidence", omit_defaults=True):
    """The lines and fields of an event that was sent without them: the customer has released them."""

    event_id: EventId
    fields: Fields = {}
    text: RecordText = ""
    samples: Annotated[list[RecordText], Meta(max_length=SAMPLES_PER_EVENT)] = []
    before: Annotated[list[Line], Meta(max_length=CONTEXT_LINES_BEFORE)] = []
    after: Annotated[list[Line], Meta(max_length=CONTEXT_LINES_AFTER)] = []


class UnknownError(Struct, kw_only=True, frozen=True, tag_field="kind", tag="unknown_error", omit_defaults=True):
    """Lines that look like errors and have no code, folded by their template.

    `template` is the line with what varies masked, `fingerprint` a shortened SHA-256 of product and template.
    """

    fingerprint: Annotated[str, Meta(min_length=16, max_length=64, pattern=r"^[0-9a-f]+\Z")]
    template: Line
    product: Name
    catalogue_version: Name
    source: Annotated[str, Meta(max_length=LINE_CHARS)] = ""
    severity: Annotated[str, Meta(max_length=CODE_CHARS)] = ""  # the log's own word
    count: Annotated[int, Meta(ge=1, le=2**53)] = 1
    first_at: Time
    last_at: Time
    sample: Annotated[str, Meta(max_length=RECORD_CHARS)] = ""


class GapCause(StrEnum):
    """Why something is missing."""

    ROTATED = "rotated"  # the file went away before it was read to its end
    TRUNCATED = "truncated"  # the file was cut below the read position
    SPOOL_FULL = "spool_full"  # the spool had no room and the source could not wait
    SPOOL_DAMAGED = "spool_damaged"  # the spool was damaged or replaced
    UNREADABLE = "unreadable"  # permission or I/O error
    OVERSIZED = "oversized"  # one record was over the size limit and was cut
    REFUSED = "refused"  # the collector could not take a record or batch
    BUDGET = "budget"  # left out, to stay inside what the customer allows the agent to use


class Gap(Struct, kw_only=True, frozen=True, tag_field="kind", tag="gap", omit_defaults=True):
    """Something is missing, and this is what we know of it. A silent gap is a defect."""

    cause: GapCause
    source: Annotated[str, Meta(min_length=1, max_length=LINE_CHARS)]
    noticed_at: Time
    since: Time | None = None
    until: Time | None = None
    from_byte: Count = 0
    bytes_lost: Count = 0
    records_lost: Count = 0
    detail: Line = ""


class Disk(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One mounted file system."""

    mount: Annotated[str, Meta(min_length=1, max_length=LINE_CHARS)]
    size_bytes: Count
    used_percent: Percent
    inodes_used_percent: Percent = 0.0


class Process(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A process that the settings name: how many run, and what they use."""

    name: Name
    running: Count
    rss_bytes: Count = 0
    cpu_percent: Amount = 0.0


class Health(Struct, kw_only=True, frozen=True, tag_field="kind", tag="health", omit_defaults=True):
    """One sample of a host. Percentages are 0..100 of the whole machine."""

    sampled_at: Time
    boot_id: Annotated[str, Meta(max_length=NAME_CHARS)]
    uptime_s: Amount
    cpu_percent: Percent
    load_1m: Amount
    cpu_count: Annotated[int, Meta(ge=1, le=65536)]
    memory_total_bytes: Count
    memory_used_percent: Percent
    swap_used_percent: Percent = 0.0
    net_received_bytes: Count = 0  # since boot, all interfaces but loopback
    net_sent_bytes: Count = 0
    disks: Annotated[list[Disk], Meta(max_length=DISKS)] = []
    processes: Annotated[list[Process], Meta(max_length=PROCESSES)] = []
    agent_rss_bytes: Count = 0
    agent_cpu_s: Amount = 0.0
    session: Count = 0  # the agent's start in which it was taken; 0 where an older agent does not say


class SourceState(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One followed file as the agent sees it."""

    path: Annotated[str, Meta(min_length=1, max_length=LINE_CHARS)]
    position: Count
    problem: Line = ""
    encoding: Annotated[str, Meta(max_length=NAME_CHARS)] = ""  # that was found out; empty where the settings name it


class Inventory(Struct, kw_only=True, frozen=True, tag_field="kind", tag="inventory", omit_defaults=True):
    """What the host is and what is watched there; sent at start and when it changes."""

    taken_at: Time
    hostname: Name
    os: Annotated[str, Meta(max_length=LINE_CHARS)]
    kernel: Annotated[str, Meta(max_length=LINE_CHARS)]
    agent_version: Name
    catalogues: Annotated[dict[Name, Name], Meta(max_length=FIELDS)] = {}
    sources: Annotated[list[SourceState], Meta(max_length=1000)] = []


class SoftwareKind(StrEnum):
    """What an inventory lists: packages of the operating system, or the vendor's modules as PRODUCT/MODULE."""

    PACKAGE = "package"
    MODULE = "module"


class InventoryDiff(Struct, kw_only=True, frozen=True, tag_field="kind", tag="inventory_diff", omit_defaults=True):
    """What of the software of a host appeared, changed or went since the state with the digest `base`.

    An empty `base` starts a list anew. A long list comes in several diffs, each on the one before.
    `digest` is that of the whole list after this diff (`wire.fingerprint.software_digest`).
    """

    taken_at: Time
    of: SoftwareKind
    base: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?\Z")] = ""
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    present: Annotated[dict[Name, FieldValue], Meta(max_length=SOFTWARE)] = {}  # name: version, empty if not known
    gone: Annotated[list[Name], Meta(max_length=SOFTWARE)] = []


Record = (
    Event
    | Evidence
    | UnknownError
    | Gap
    | Health
    | Inventory
    | InventoryDiff
    | Ending
    | Result
    | AuditMark
    | PatchProgress
    | BackupMark
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


def encode_record(record: Record) -> bytes:
    """One record as compact JSON."""
    return _encoder.encode(record)


def decode_record(raw: bytes | msgspec.Raw) -> Record:
    """The record in `raw`; raises `Malformed` for anything else, bounds and unknown kinds included."""
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
