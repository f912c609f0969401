"""What may be asked over the local socket: one table, and nothing else.

A request is `{"op": ..., "body": {...}}`. `OPERATIONS` names every operation with its schema; the
function stands beside it in `Operations`, so that a name which is not in the table leads nowhere.
What is not exactly of the schema is refused before anything looks at it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from msgspec import Meta, Struct

from remediation.audit.chain import ChainBroken
from remediation.trust.ledger import LedgerBroken
from wire.documents.envelope import ENVELOPE_BYTES
from wire.errors import Malformed
from wire.fields import Hash
from wire.frame import check_strict

APPROVALS: Final = 16
REQUEST_BYTES: Final = 4_000_000
BRACKETS: Final = 64  # bounds depth as well: a document travels as base64, which has none

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


@dataclass(frozen=True)
class Peer:
    """Who asks, as the kernel says."""

    pid: int
    uid: int


class BundleOperations(Protocol):
    """What the executor can do with bundles that it gathered."""

    def index(self, request: BundleIndexRequest, peer: Peer) -> Any:
        """Tell what one holds."""

    def piece(self, request: BundlePieceRequest, peer: Peer) -> Any:
        """Give a part of it."""

    def note(self, request: BundleNoteRequest, peer: Peer) -> Any:
        """Record what became of it."""


class PatchOperations(Protocol):
    """What the executor can tell of patches."""

    def progress(self, request: ProgressRequest, peer: Peer) -> Any:
        """Tell the states that one has passed."""


class Operations(Protocol):
    """What the executor can do."""

    def run(self, request: RunRequest, peer: Peer) -> Any:
        """Judge a document and act on it."""

    def revoke(self, request: StopRequest, peer: Peer) -> Any:
        """Take in a revocation."""

    def decline(self, request: StopRequest, peer: Peer) -> Any:
        """Take in a decline."""

    def status(self, request: StatusRequest, peer: Peer) -> Any:
        """Tell how things stand."""

    def audit_head(self, request: HeadRequest, peer: Peer) -> Any:
        """Give the head of the chain."""

    @property
    def patches(self) -> PatchOperations:
        """What may be asked about patches."""

    @property
    def bundles(self) -> BundleOperations:
        """What may be asked about bundles."""


OPERATIONS: Final[dict[str, type[Struct]]] = {
    "run": RunRequest,
    "revoke": StopRequest,
    "decline": StopRequest,
    "status": StatusRequest,
    "audit-head": HeadRequest,
    "patch-progress": ProgressRequest,
    "bundle-index": BundleIndexRequest,
    "bundle-piece": BundlePieceRequest,
    "bundle-note": BundleNoteRequest,
}


class Missing(Exception):
    """Something that a decision needs cannot be loaded; the text says what and why."""


class Refused(Exception):
    """The request is refused; nothing was done. `error` is for machines."""

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(f"{error}: {detail}")
        self.error = error
        self.detail = detail


def answer(raw: bytes, operations: Operations, peer: Peer) -> bytes:
    """The answer to one request, as JSON; never raises for what the request holds."""
    try:
        function, body = _read(raw, operations)
        given = function(body, peer)
        return msgspec.json.encode(Answer(body=msgspec.Raw(msgspec.json.encode(given))))
    except Refused as refused:
        return msgspec.json.encode(Answer(error=refused.error, detail=refused.detail))
    except (ChainBroken, LedgerBroken) as broken:  # what cannot be recorded does not happen
        return msgspec.json.encode(Answer(error="broken", detail=str(broken)))


def _read(raw: bytes, operations: Operations) -> tuple[Callable[[Any, Peer], Any], Struct]:
    if len(raw) > REQUEST_BYTES or raw.count(b"{") + raw.count(b"[") > BRACKETS:
        raise Refused("too_large", f"at most {REQUEST_BYTES} bytes and {BRACKETS} brackets")
    functions: dict[str, Callable[[Any, Peer], Any]] = {
        "run": operations.run,
        "revoke": operations.revoke,
        "decline": operations.decline,
        "status": operations.status,
        "audit-head": operations.audit_head,
        "patch-progress": operations.patches.progress,
        "bundle-index": operations.bundles.index,
        "bundle-piece": operations.bundles.piece,
        "bundle-note": operations.bundles.note,
    }
    try:
        check_strict(raw)
        request = msgspec.json.decode(raw, type=Request)
        if request.op not in OPERATIONS:
            raise Refused("unknown_operation", request.op)
        return functions[request.op], msgspec.json.decode(request.body, type=OPERATIONS[request.op])
    except (Malformed, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("malformed", str(error)[:500]) from error
