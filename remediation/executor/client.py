"""Asks the executor over its socket; what the agent and the local commands use. Starts nothing."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from remediation.executor.conversation import Broken, receive, send
from remediation.executor.model import BundleIndex, BundleNoted, BundlePiece, ExecutorState, HeadGiven, Stopped
from remediation.executor.questions import (
    REQUEST_BYTES,
    Answer,
    Became,
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
from wire.proofs import PatchProgress, Result

ASK_S: Final = 10.0
RUN_S: Final = 3 * 3_600.0 + 60  # precheck, run and undo may take an hour each

T = TypeVar("T")


class NoExecutor(Exception):
    """Nobody answers at the socket, or not as an executor does."""


class ExecutorRefused(Exception):
    """The executor refused the request as such; a refused document is an answer, not this."""


class ExecutorClient:
    """One connection a question."""

    def __init__(self, path: Path, monotonic: Callable[[], float]) -> None:
        self._path = path
        self._monotonic = monotonic

    def run(self, document: bytes, approvals: list[bytes], *, again: bool = False) -> Result:
        """Have a document judged and its action run; waits for the end."""
        return self._ask("run", RunRequest(document=document, approvals=approvals, again=again), Result, RUN_S)

    def revoke(self, document: bytes) -> Stopped:
        """Hand over a revocation."""
        return self._ask("revoke", StopRequest(document=document), Stopped)

    def decline(self, document: bytes) -> Stopped:
        """Hand over a decline."""
        return self._ask("decline", StopRequest(document=document), Stopped)

    def status(self) -> ExecutorState:
        """How the executor is."""
        return self._ask("status", StatusRequest(), ExecutorState)

    def audit_head(self, countersigned: bytes = b"") -> HeadGiven:
        """The head of the audit chain; keeps a countersigned one."""
        return self._ask("audit-head", HeadRequest(countersigned=countersigned), HeadGiven)

    def patch_progress(self, digest: str) -> PatchProgress:
        """The states that the patch of this request has passed; none where it was not begun."""
        return self._ask("patch-progress", ProgressRequest(digest=digest), PatchProgress)

    def bundle_index(self, digest: str) -> BundleIndex:
        """What a bundle holds."""
        return self._ask("bundle-index", BundleIndexRequest(digest=digest), BundleIndex)

    def bundle_piece(self, digest: str, number: int, offset: int) -> bytes:
        """Raw bytes of one piece."""
        asked = BundlePieceRequest(digest=digest, number=number, offset=offset)
        return self._ask("bundle-piece", asked, BundlePiece).content

    def bundle_note(self, digest: str, became: Became, sha256: str | None = None) -> BundleNoted:
        """Record what became of a bundle; its raw pieces are deleted."""
        return self._ask("bundle-note", BundleNoteRequest(digest=digest, became=became, sha256=sha256), BundleNoted)

    def _ask(self, op: str, body: Struct, shape: type[T], wait_s: float = ASK_S) -> T:
        raw = msgspec.json.encode(Request(op=op, body=msgspec.Raw(msgspec.json.encode(body))))
        try:
            answer = msgspec.json.decode(self._converse(raw, wait_s), type=Answer)
            if answer.error:
                raise ExecutorRefused(f"{answer.error}: {answer.detail}")
            return msgspec.json.decode(answer.body, type=shape)
        except (OSError, Broken, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NoExecutor(f"{self._path}: {error}") from error

    def _converse(self, raw: bytes, wait_s: float) -> bytes:
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)) as connection:
            connection.settimeout(ASK_S)
            connection.connect(str(self._path))
            send(connection, raw, end=self._monotonic() + ASK_S, monotonic=self._monotonic)
            return receive(connection, limit=REQUEST_BYTES, end=self._monotonic() + wait_s, monotonic=self._monotonic)
