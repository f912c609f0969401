"""Heads of the audit chain: what host and collector both sign, so that neither can rewrite it alone.

The host signs `AuditHead` with its host key; the collector adds its receipt key's signature to the
same envelope and sends it back. The customer keeps both signatures with the chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from wire.documents.envelope import Envelope, signers
from wire.envelope import AgentId
from wire.errors import Malformed
from wire.fields import Hash, Time
from wire.keys import key_id, public_bytes

if TYPE_CHECKING:
    from wire.keys import Ed25519PublicKey

HEAD_TYPE: Final = "application/vnd.sitewarden.audit-head.v1+json"
HEAD_KIND: Final = "audit-head"  # of the Document that brings it back


class AuditHead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The chain of a host when it held `size` records: hash of the chain, Merkle root (RFC 6962)."""

    agent: AgentId
    size: Annotated[int, Meta(ge=0, le=2**53)]
    chain: Hash
    root: Hash
    at: Time


def write_head(head: AuditHead) -> Envelope:
    """The unsigned envelope of a head."""
    return Envelope(HEAD_TYPE, msgspec.json.encode(head), [])


def read_head(envelope: Envelope, *keys: Ed25519PublicKey) -> AuditHead:
    """The head in an envelope that every one of `keys` has signed; `Malformed` otherwise."""
    known = {key_id(public_bytes(key)): key for key in keys}
    if envelope.payload_type != HEAD_TYPE:
        raise Malformed(f"not an audit head: {envelope.payload_type}")
    if not known or signers(envelope, known) != set(known):
        raise Malformed("a signature of the head is missing or wrong")
    try:
        return msgspec.json.decode(envelope.payload, type=AuditHead)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
