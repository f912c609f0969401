"""What is asked over the local socket and answered there: the shapes of it, which both sides share.

What they mean stands in `requests.py`, on the side of the executor alone: who asks need not load what decides.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from wire.documents.envelope import ENVELOPE_BYTES
from wire.fields import Hash

APPROVALS: Final = 16
REQUEST_BYTES: Final = 4_000_000

Became = Literal["redacted", "released", "dropped", "failed"]  # of a bundle
DocumentBytes = Annotated[bytes, Meta(min_length=1, max_length=ENVELOPE_BYTES)]


class _Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all bodies have in common."""


class RunRequest(_Body, frozen=True, kw_only=True):
    """Run the action of this signed document. A document that ran before gives its result, unless `again`."""

    document: DocumentBytes
    approvals: Annotated[list[DocumentBytes], Meta(max_length=APPROVALS)] = []
    again: bool = False


class StopRequest(_Body, frozen=True, kw_only=True):
    """Take in a revocation or a decline."""

    document: DocumentBytes


class StatusRequest(_Body, frozen=True, kw_only=True):
    """How the executor is."""


class HeadRequest(_Body, frozen=True, kw_only=True):
    """The head of the audit chain; `countersigned` is an earlier one that came back, to be kept."""

    countersigned: Annotated[bytes, Meta(max_length=ENVELOPE_BYTES)] = b""


class BundleIndexRequest(_Body, frozen=True, kw_only=True):
    """What the bundle holds that the request with this digest gathered."""

    digest: Hash


class BundlePieceRequest(_Body, frozen=True, kw_only=True):
    """Bytes of one piece of it, before redaction."""

    digest: Hash
    number: Annotated[int, Meta(ge=0, le=9_999)]
    offset: Annotated[int, Meta(ge=0, le=2**40)] = 0


class BundleNoteRequest(_Body, frozen=True, kw_only=True):
    """What became of it. `sha256` is that of the redacted bundle. The raw pieces go with the first of these."""

    digest: Hash
    became: Became
    sha256: Hash | None = None


class ProgressRequest(_Body, frozen=True, kw_only=True):
    """How far the patch has come that the request with this digest applies."""

    digest: Hash


class Request(_Body, frozen=True, kw_only=True):
    """What arrives."""

    op: Annotated[str, Meta(max_length=32)]
    body: msgspec.Raw = msgspec.Raw(b"{}")


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes back: `error` is empty when it was done."""

    error: str = ""
    detail: str = ""
    body: msgspec.Raw = msgspec.Raw(b"{}")
