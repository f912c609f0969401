"""Proofs of backup: what a host saved, restored and compared, signed by the host with its host key.

A proof says what was done and measured, never what was found in the data: no name of a file, table or
person stands in it. `number` counts the records of the host's backup journal, a hash chain named by
`journal`, so that a missing proof shows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from wire.documents.envelope import Envelope, signers
from wire.envelope import AgentId
from wire.errors import Malformed
from wire.fields import Amount, Count, Name, Time
from wire.keys import key_id, public_bytes
from wire.limits import CODE_CHARS, FIELDS, NAME_CHARS

if TYPE_CHECKING:
    from wire.keys import Ed25519PublicKey

BACKUP_PROOF_TYPE: Final = "application/vnd.sitewarden.backup-proof.v1+json"

REASON_CHARS: Final = 1_000  # so that a proof with its signature stays below the limit of its record

Counted = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]


class Act(StrEnum):
    """What was done."""

    BACKUP = "backup"
    COPY = "copy"  # to a second target
    DRILL = "drill"
    RESTORE = "restore"
    PRUNE = "prune"
    KEYS = "keys"
    REHEARSAL = "rehearsal"  # a patch tried on a restored copy


class Deed(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One thing that was done, or was tried and failed. As it stands in the journal, and in a proof."""

    act: Act
    level: Annotated[int, Meta(ge=0, le=4)] | None = None  # of a drill
    is_good: bool
    started_at: Time
    ended_at: Time
    run: Annotated[str, Meta(max_length=CODE_CHARS)] = ""
    engine: Annotated[str, Meta(max_length=CODE_CHARS)] = ""
    snapshot: Annotated[str, Meta(max_length=NAME_CHARS)] = ""
    snapshot_at: Time | None = None
    code: Annotated[str, Meta(max_length=CODE_CHARS)] = ""  # of a failure, for machines
    reason: Annotated[str, Meta(max_length=REASON_CHARS)] = ""
    counts: Annotated[dict[Counted, Count], Meta(max_length=FIELDS)] = {}
    size_bytes: Count = 0
    added_bytes: Count = 0
    rto_s: Amount | None = None  # measured: from the decision to restore until it was well
    rpo_s: Amount | None = None  # how much would have been lost: the age of the proven snapshot
    patch: Annotated[str, Meta(max_length=CODE_CHARS)] = ""  # its id, for a rehearsal
    patch_digest: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""  # of its manifest: what an approval names


class BackupProof(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is signed."""

    agent: AgentId
    site: Name
    journal: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    number: Annotated[int, Meta(ge=1, le=2**53)]
    deed: Deed


def write_backup_proof(proof: BackupProof) -> Envelope:
    """The unsigned envelope of a proof."""
    return Envelope(BACKUP_PROOF_TYPE, msgspec.json.encode(proof), [])


def read_backup_proof(envelope: Envelope, key: Ed25519PublicKey) -> BackupProof:
    """The proof in an envelope that the host with this key has signed; `Malformed` otherwise."""
    if envelope.payload_type != BACKUP_PROOF_TYPE:
        raise Malformed(f"not a proof of backup: {envelope.payload_type}")
    if not signers(envelope, {key_id(public_bytes(key)): key}):
        raise Malformed("the host has not signed this proof")
    try:
        return msgspec.json.decode(envelope.payload, type=BackupProof)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
