"""What a host tells of signed requests: their results, and heads of the audit chain that holds them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from wire.fields import Amount, Count, Hash, Line, Name, Time
from wire.limits import CODE_CHARS, FIELDS, LINE_CHARS, NAME_CHARS, RECORD_CHARS

PROOF_HASHES = 128  # a tree of 2^53 leaves needs 106
PATCH_STATES = 64  # of one attempt: 12 forward, and each try to take it back
BACKUP_PROOF_BYTES = 16_384  # a reason of 1,000 characters at the worst, twice encoded


class Outcome(StrEnum):
    """What became of a request."""

    DONE = "done"
    FAILED = "failed"  # a program of the action did not succeed
    REFUSED = "refused"  # nothing was started; `obstacle` says why
    UNKNOWN = "unknown"  # it was started, and the host went down before the end; never started again


class Result(Struct, kw_only=True, frozen=True, tag_field="kind", tag="result", omit_defaults=True):
    """What a host did about a signed request, or why it did nothing. `digest` is that of the request's payload."""

    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    request: Annotated[str, Meta(max_length=32)] = ""
    ticket: Annotated[str, Meta(max_length=32)] = ""
    action: Annotated[str, Meta(max_length=NAME_CHARS)] = ""
    engineer: Annotated[str, Meta(max_length=NAME_CHARS)] = ""
    approvers: Annotated[list[Name], Meta(max_length=FIELDS)] = []
    outcome: Outcome
    obstacle: Annotated[str, Meta(max_length=CODE_CHARS)] = ""
    detail: Line = ""
    step: Annotated[str, Meta(max_length=CODE_CHARS)] = ""  # the step that decided: precheck, run
    exit_code: Annotated[int, Meta(ge=0, le=255)] | None = None
    signal: Annotated[int, Meta(ge=1, le=255)] | None = None
    is_timeout: bool = False
    duration_s: Amount = 0.0
    output: Annotated[str, Meta(max_length=RECORD_CHARS)] = ""
    output_bytes: Count = 0  # how many there were
    audit_record: Count = 0  # its number in the host's audit chain
    ended_at: Time


class AuditMark(Struct, kw_only=True, frozen=True, tag_field="kind", tag="audit_head", omit_defaults=True):
    """A head of the host's audit chain, signed by the host: an envelope of `wire.documents.heads`.

    `proof` (hashes, RFC 6962) shows that the chain has only grown since it had `since` records.
    """

    envelope: Annotated[bytes, Meta(max_length=LINE_CHARS)]
    since: Count = 0
    proof: Annotated[list[Hash], Meta(max_length=PROOF_HASHES)] = []


class BackupMark(Struct, kw_only=True, frozen=True, tag_field="kind", tag="backup_proof", omit_defaults=True):
    """What the host saved, restored or compared, signed by the host: an envelope of `wire.documents.backups`."""

    envelope: Annotated[bytes, Meta(max_length=BACKUP_PROOF_BYTES)]


class Passed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A state that a patch has entered on a host, durably before its step began. `reason`: why it went back."""

    state: Annotated[str, Meta(min_length=1, max_length=CODE_CHARS)]
    at: Time
    reason: Line = ""


class PatchProgress(Struct, kw_only=True, frozen=True, tag_field="kind", tag="patch_progress", omit_defaults=True):
    """How far a patch has come on a host: every state since it was begun, the oldest first.

    Each record holds all of them, so that a lost one costs nothing. `digest` is that of the request's payload. How
    it ended says the `Result` that follows.
    """

    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    request: Annotated[str, Meta(max_length=32)] = ""
    ticket: Annotated[str, Meta(max_length=32)] = ""
    patch: Annotated[str, Meta(max_length=NAME_CHARS)] = ""
    states: Annotated[list[Passed], Meta(max_length=PATCH_STATES)] = []


Proof = Result | AuditMark | BackupMark | PatchProgress
