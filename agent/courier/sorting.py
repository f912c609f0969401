"""What a document claims to be, pure. Nothing here is verified: the executor judges, the courier carries.

Reading without verifying is enough to know where to carry something: which approval goes with which
request, and when a request is surely over. A lie about it leads to a refusal, or to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from remediation.trust.curable import CURABLE
from remediation.trust.obstacles import Obstacle
from wire.documents.envelope import Envelope
from wire.documents.heads import HEAD_KIND, HEAD_TYPE
from wire.documents.model import ActionRequest, Approval, kind_of, read_document
from wire.errors import Malformed
from wire.proofs import Outcome, Result


class Way(StrEnum):
    """Where a document goes."""

    REQUEST = "request"
    APPROVAL = "approval"
    DECLINE = "decline"
    REVOCATION = "revocation"
    HEAD = HEAD_KIND


@dataclass(frozen=True)
class Sorted:
    """A document with what it claims. `digest` is that of its payload, `about` the digest that it approves."""

    way: Way
    raw: bytes
    digest: str
    about: str = ""
    not_after: datetime | None = None


def sort_document(raw: bytes, *, claimed: str = "") -> Sorted:
    """The document in `raw`; `Malformed` for what is not known here, or is not of the kind that was claimed."""
    from remediation.trust.assertion import PasskeyApproval, decode_approval  # noqa: PLC0415  # late: curves

    signed = decode_approval(raw)
    envelope = signed.envelope if isinstance(signed, PasskeyApproval) else signed
    way = Way.HEAD if envelope.payload_type == HEAD_TYPE else Way(kind_of(envelope).value)
    if claimed and claimed != way:
        raise Malformed(f"it claims to be of kind {claimed} and is of kind {way}")
    return _sorted(way, raw, envelope)


def _sorted(way: Way, raw: bytes, envelope: Envelope) -> Sorted:
    if way is Way.HEAD:
        return Sorted(way, raw, envelope.digest)
    document = read_document(envelope)
    about = document.approves if isinstance(document, Approval) else ""
    end = document.not_after if isinstance(document, ActionRequest | Approval) else None
    return Sorted(way, raw, envelope.digest, about, end)


def approvals_for(request: Sorted, documents: Sequence[Sorted]) -> list[bytes]:
    """The approvals that claim to be about this request."""
    return [each.raw for each in documents if each.way is Way.APPROVAL and each.about == request.digest]


def is_final(result: Result, request: Sorted, now: datetime) -> bool:
    """Whether asking again cannot change this result."""
    if result.outcome is not Outcome.REFUSED:
        return True
    if result.obstacle == Obstacle.IN_PROGRESS:  # also after its time: the end is still to come
        return False
    is_over = request.not_after is not None and now >= request.not_after
    return is_over or result.obstacle not in CURABLE
