"""What a document says about itself, pure. The collector cannot make one valid, so it verifies nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from remediation.trust.assertion import PasskeyApproval, decode_approval
from wire.documents.model import Approval, Decline, Document, kind_of, read_document


@dataclass(frozen=True)
class Incoming:
    """A document to be relayed. `about` is the digest of the request that it belongs to, or its own."""

    kind: str
    site: str
    hosts: Sequence[str]
    about: str
    not_after: datetime
    document: Document


def read_incoming(raw: bytes) -> Incoming:
    """The document in `raw`; `Malformed` for a kind that no host knows."""
    signed = decode_approval(raw)
    envelope = signed.envelope if isinstance(signed, PasskeyApproval) else signed
    kind = kind_of(envelope)
    document = read_document(envelope)
    about = envelope.digest
    if isinstance(document, Approval):
        about = document.approves
    elif isinstance(document, Decline):
        about = document.declines
    return Incoming(kind.value, document.site, document.hosts, about, document.not_after, document)
