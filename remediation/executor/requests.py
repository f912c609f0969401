"""What may be asked over the local socket: one table, and nothing else.

A request is `{"op": ..., "body": {...}}`. `OPERATIONS` names every operation with its schema (questions.py); the
function stands beside it in `Operations`, so that a name which is not in the table leads nowhere.
What is not exactly of the schema is refused before anything looks at it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from remediation.audit.chain import ChainBroken
from remediation.executor.questions import (
    REQUEST_BYTES,
    Answer,
    BundleIndexRequest,
    BundleNoteRequest,
    BundlePieceRequest,
    HeadRequest,
    ProgressRequest,
    Request,
    RunRequest,
    StatusRequest,
    StopRequest,
)
from remediation.trust.ledger import LedgerBroken
from wire.errors import Malformed
from wire.frame import check_strict

BRACKETS: Final = 64  # bounds depth as well: a document travels as base64, which has none


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
