"""What may be asked over the local socket: one table, and nothing else.

A request is `{"op": ..., "body": {...}}`. `OPERATIONS` names every operation with its schema; the
function stands beside it in `Operations`, so that a name which is not in the table leads nowhere.
What is not exactly of the schema is refused before anything looks at it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol

import msgspec
from msgspec import Meta, Struct

from remediation.audit.chain import ChainBroken
from remediation.trust.ledger import LedgerBroken
from wire.documents.envelope import ENVELOPE_BYTES
from wire.errors import Malformed
from wire.frame import check_strict

APPROVALS: Final = 16
REQUEST_BYTES: Final = 4_000_000
BRACKETS: Final = 64  # bounds depth as well: a document travels as base64, which has none

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


OPERATIONS: Final[dict[str, type[Struct]]] = {
    "run": RunRequest,
    "revoke": StopRequest,
    "decline": StopRequest,
    "status": StatusRequest,
    "audit-head": HeadRequest,
}


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
    }
    try:
        check_strict(raw)
        request = msgspec.json.decode(raw, type=Request)
        if request.op not in OPERATIONS:
            raise Refused("unknown_operation", request.op)
        return functions[request.op], msgspec.json.decode(request.body, type=OPERATIONS[request.op])
    except (Malformed, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("malformed", str(error)[:500]) from error
