"""Carries documents to the executor and its results to the spool. Decides nothing.

A request goes to the executor with the approvals that claim to be about it. When the refusal may be
cured by time or by a further approval, the request stays, and is tried again when something new
lies beside it, or after `AGAIN_S`. Everything else is final: the result is in the spool, durably,
before request and approvals are dropped. The executor gives the same result for the same request
again, so a crash in between runs nothing twice and loses no result.

Heads of the audit chain are signed with the host key and sent up, with the proof that the chain has
only grown; the collector's countersignature comes down as a document and goes to the executor, who
keeps it. `HeadTimes` says when: at the start, after whatever came through here, and each minute, then
slower, until the newest head is countersigned. Local commands write in the chain too, so every ten
minutes the executor is asked for its head: asking wakes it, and an idle one should sleep.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from agent.courier.backup_proofs import BackupProofs
from agent.courier.head_times import HeadTimes
from agent.courier.shelf import Shelf, ShelfFull
from agent.courier.sorting import Sorted, Way, approvals_for, is_final, sort_document
from agent.spool.port import Deposit, Intake, SpoolFull
from agent.uplink.identity import Identity
from remediation.executor.client import ExecutorRefused, NoExecutor
from remediation.executor.model import COLLECT, HeadGiven, Stopped
from remediation.patch.state import PatchState
from remediation.trust.obstacles import Obstacle
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.heads import write_head
from wire.envelope import Document
from wire.errors import Malformed
from wire.proofs import AuditMark, Outcome, PatchProgress, Proof, Result

AGAIN_S: Final = 600.0
GOING_ON_S: Final = 5.0  # a patch is being applied: each state that it has passed is told
NOBODY_S: Final = 3.0
FULL_S: Final = 5.0
IDLE_S: Final = 60.0
WAITING_S: Final = 2.0  # with a request on the shelf: a local `approve` lays its approval beside it and wakes nobody
REFUSED_KEPT: Final = 32
PATCH_STEPS: Final = frozenset(state.value for state in PatchState)  # in which an attempt can end

_log = logging.getLogger("sitewarden")


class Asked(Protocol):
    """The executor as it is asked here (remediation.executor.client)."""

    def run(self, document: bytes, approvals: list[bytes]) -> Result:
        """Have a request judged and maybe run."""

    def patch_progress(self, digest: str) -> PatchProgress:
        """What the patch of a request has passed."""

    def revoke(self, document: bytes) -> Stopped:
        """Hand over a revocation."""

    def decline(self, document: bytes) -> Stopped:
        """Hand over a decline."""

    def audit_head(self, countersigned: bytes = b"") -> HeadGiven:
        """The head of the audit chain."""


class Courier:
    """One shelf, one executor, one spool."""

    def __init__(
        self,
        shelf: Shelf,
        executor: Asked,
        intake: Intake,
        *,
        backups: BackupProofs | None = None,
        identity: Callable[[], Identity | None],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._shelf = shelf
        self._executor = executor
        self._intake = intake
        self._backups = backups
        self._identity = identity
        self._now = now
        self._monotonic = monotonic
        self.on_collected: Callable[[str, str], None] = _nobody  # digest and ticket of a bundle that was gathered
        self._tried: dict[str, tuple[int, float]] = {}  # digest -> how many approvals, when
        self._told: dict[str, str] = {}  # digest -> the obstacle that was sent up, for a patch with its state
        self._heads = HeadTimes()
        self.problem = ""
        self.waiting = 0
        self.refused: list[str] = []  # what came and is not known here, for `status`

    def accept(self, documents: Sequence[Document]) -> None:
        """Take in what came down with the collector's answer; what is unknown is told, never acted upon."""
        for document in documents:
            try:
                self._shelf.put(sort_document(document.content, claimed=document.kind))
            except (Malformed, ShelfFull) as error:
                self._refuse(f"{document.kind}: {error}"[:200])

    def waiting_for_files(self) -> frozenset[str]:
        """Digests of requests that the executor permits as soon as the files of their patch are here."""
        return frozenset(digest for digest, told in list(self._told.items()) if told == Obstacle.PAYLOAD_MISSING)

    def try_again(self) -> None:
        """Files came: ask again for what has waited for them, in the next turn."""
        for digest in self.waiting_for_files():
            self._tried.pop(digest, None)

    def turn(self) -> float:
        """Carry what waits; seconds until the next turn."""
        documents = self._shelf.documents()
        self.waiting = len(documents)
        try:
            self._take_backup_proofs()
            for document in documents:
                self._carry(document, documents)
            self._shelf.drop_old(self._now(), documents)
            self._send_head()
        except NoExecutor as nobody:
            self.problem = str(nobody)
            return NOBODY_S
        except SpoolFull as full:
            _log.warning("a result waits, the spool has no room: %s", full)
            return FULL_S
        self.problem = ""
        return WAITING_S if self._tried else IDLE_S

    def _take_backup_proofs(self) -> None:
        identity = self._identity()
        if self._backups is not None and identity is not None:
            self._backups.take(identity)

    def _carry(self, document: Sorted, documents: list[Sorted]) -> None:
        if document.way is Way.REQUEST:
            self._ask(document, approvals_for(document, documents), documents)
            return
        if document.way is Way.APPROVAL:
            return
        try:
            if document.way is Way.HEAD:
                self._executor.audit_head(document.raw)
            else:
                stop = self._executor.revoke if document.way is Way.REVOCATION else self._executor.decline
                stop(document.raw)
                self._heads.note_change()
        except ExecutorRefused as refused:
            self._refuse(f"{document.way}: {refused}"[:200])
        self._shelf.drop(document)

    def _ask(self, request: Sorted, approvals: list[bytes], documents: list[Sorted]) -> None:
        count, at = self._tried.get(request.digest, (-1, 0.0))
        again_s = GOING_ON_S if self._told.get(request.digest, "").startswith(Obstacle.IN_PROGRESS) else AGAIN_S
        if count == len(approvals) and self._monotonic() - at < again_s:
            return
        try:
            result = self._executor.run(request.raw, approvals)
        except ExecutorRefused as refused:
            self._refuse(f"{request.way}: {refused}"[:200])
            self._tried[request.digest] = (len(approvals), self._monotonic())
            return
        self._tried[request.digest] = (len(approvals), self._monotonic())
        self._heads.note_change()
        final = is_final(result, request, self._now())
        if result.step == COLLECT and result.outcome is Outcome.DONE:
            self.on_collected(result.digest, result.ticket)  # durable, before the request is forgotten
        is_going_on = result.obstacle == Obstacle.IN_PROGRESS
        told = f"{result.obstacle} {result.detail}" if is_going_on else result.obstacle
        if final or self._told.get(request.digest) != told:
            self._intake.deposit(Deposit(proofs=self._proofs(result, is_going_on=is_going_on)))
            self._told[request.digest] = told
        if final and result.obstacle:
            self._refuse(f"{request.way}: {result.obstacle}: {result.detail}"[:200])
        if final:
            self._forget(request, documents)

    def _proofs(self, result: Result, *, is_going_on: bool) -> list[Proof]:
        """What is told of it: the states of a patch first, then how it ended."""
        ended: list[Proof] = [] if is_going_on else [result]
        if not (is_going_on or result.step in PATCH_STEPS):
            return ended
        try:
            progress = self._executor.patch_progress(result.digest)
        except ExecutorRefused as refused:
            _log.warning("the executor does not say how far a patch is: %s", refused)
            return ended
        return [progress, *ended] if progress.states else ended

    def _forget(self, request: Sorted, documents: list[Sorted]) -> None:
        for document in documents:
            if document.way is Way.APPROVAL and document.about == request.digest:
                self._shelf.drop(document)
        self._shelf.drop(request)
        self._tried.pop(request.digest, None)
        self._told.pop(request.digest, None)

    def _send_head(self) -> None:
        identity = self._identity()
        if identity is None or not self._heads.is_due(self._monotonic()):
            return
        given = self._head()
        if given is not None and given.head.size > given.secured:
            envelope = encode_envelope(add_signature(write_head(given.head), identity.key))
            mark = AuditMark(envelope=envelope, since=given.secured, proof=given.proof)
            self._intake.deposit(Deposit(proofs=[mark]))
        self._heads.note_sent(self._monotonic(), given)

    def _head(self) -> HeadGiven | None:
        """The executor's head; None where there is no executor and nobody has asked for one."""
        try:
            return self._executor.audit_head()
        except ExecutorRefused as refused:
            if self._heads.is_changed:
                self._refuse(f"{Way.HEAD}: {refused}"[:200])
            return None
        except NoExecutor:
            if self._heads.is_changed:
                raise
            return None

    def _refuse(self, what: str) -> None:
        _log.warning("a document is refused: %s", what)
        if what not in self.refused:
            self.refused = [*self.refused, what][-REFUSED_KEPT:]


def _nobody(digest: str, ticket: str) -> None:
    _log.debug("nobody takes the bundle %s of %s", digest, ticket)
