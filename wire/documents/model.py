"""The documents that people sign, one struct a kind, and how they are read.

Every document names its kind, version and audience (the site, and hosts by agent id), and when it
holds. A reader refuses a kind or version that it does not know, and never acts on one. Bodies
forbid unknown fields: in a document that permits something, a field that an older host would
overlook could be the one that restricts it.

What the vendor signs as a set (catalogue, actions, roster) travels as TUF targets and is not here:
see `remediation/trust`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from wire.documents.envelope import Envelope
from wire.envelope import AgentId
from wire.errors import Malformed
from wire.fields import Name, Time

DocumentId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]  # 128 random bits; works once where it permits
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
KeyId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
Hosts = Annotated[list[AgentId], Meta(min_length=1, max_length=256)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
Parameter = Annotated[str, Meta(max_length=500)]
Parameters = Annotated[dict[Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")], Parameter], Meta(max_length=16)]
ActionName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z")]


class Kind(StrEnum):
    """What a document is; the last part of its payload type."""

    REQUEST = "request"
    APPROVAL = "approval"
    DECLINE = "decline"
    REVOCATION = "revocation"


class Body(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every document says. It holds from `not_before` up to but not including `not_after`."""

    id: DocumentId
    site: Name
    hosts: Hosts
    made_at: Time
    not_before: Time
    not_after: Time


class ActionRequest(Body, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An engineer asks a host to run one typed action of the vendor's catalogue. Signed by the engineer's key.

    `actions_digest` is the SHA-256 of the actions target (see `remediation/trust`) that the engineer
    saw, so that what runs is what was asked for and approved, also after a later release.
    """

    product: Name
    action: ActionName
    actions_digest: Digest
    parameters: Parameters = {}
    reason: Reason
    ticket: Annotated[str, Meta(max_length=32)] = ""


class Approval(Body, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The customer says yes to one document, by the digest of its payload. Signed by an approver's key or passkey."""

    approves: Digest
    approver: Name
    uses: Annotated[int, Meta(ge=1, le=100)] = 1  # for each host


class Decline(Body, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The customer says no. Silence means the same."""

    declines: Digest
    approver: Name
    reason: Annotated[str, Meta(max_length=500)] = ""


class Revocation(Body, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Takes back the approval or request with this id. Honoured from any signer, since it only stops."""

    revokes: DocumentId
    reason: Annotated[str, Meta(max_length=500)] = ""


Document = ActionRequest | Approval | Decline | Revocation

VERSION = 1
_SHAPES: dict[Kind, type[Document]] = {
    Kind.REQUEST: ActionRequest,
    Kind.APPROVAL: Approval,
    Kind.DECLINE: Decline,
    Kind.REVOCATION: Revocation,
}
_KINDS = {shape: kind for kind, shape in _SHAPES.items()}


def payload_type(kind: Kind, version: int = VERSION) -> str:
    """`application/vnd.sitewarden.request.v1+json`."""
    return f"application/vnd.sitewarden.{kind}.v{version}+json"


_TYPES = {payload_type(kind): kind for kind in Kind}


def write_document(document: Document) -> Envelope:
    """The unsigned envelope of a document."""
    return Envelope(payload_type(_KINDS[type(document)]), msgspec.json.encode(document), [])


def kind_of(envelope: Envelope) -> Kind:
    """The kind that the envelope claims; `Malformed` for a kind or version that is not known here."""
    kind = _TYPES.get(envelope.payload_type)
    if kind is None:
        raise Malformed(f"unknown kind or version of document: {envelope.payload_type}")
    return kind


def read_document(envelope: Envelope) -> Document:
    """The document in an envelope whose signatures the caller has verified; `Malformed` otherwise."""
    shape = _SHAPES[kind_of(envelope)]
    try:
        document: Document = msgspec.json.decode(envelope.payload, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if document.not_after <= document.not_before:
        raise Malformed("not_after is not after not_before")
    return document


def holds_at(document: Document, now: datetime) -> bool:
    """Whether `now` lies in the document's window."""
    return document.not_before <= now < document.not_after


def is_for(document: Document, *, site: str, host: str) -> bool:
    """Whether this host of this site is meant. There is no wildcard: an audience is a list of names."""
    return document.site == site and host in document.hosts
