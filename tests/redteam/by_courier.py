"""The same world with the agent's real courier between the thief and the executor: all that a collector can reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.courier.courier import AGAIN_S, Courier
from agent.courier.shelf import Shelf
from agent.spool.port import Deposit
from remediation.executor.client import ExecutorRefused
from remediation.executor.model import HeadGiven, Stopped
from remediation.executor.questions import Answer, HeadRequest, ProgressRequest, RunRequest, StopRequest
from remediation.executor.requests import Peer, Refused
from remediation.trust.assertion import SignedApproval, encode_approval
from tests.redteam.world import World
from wire.documents.envelope import Envelope, encode_envelope
from wire.documents.heads import HEAD_KIND
from wire.envelope import Document
from wire.proofs import PatchProgress, Proof, Result


class Door:
    """The executor as its client shows it to the courier."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, document: bytes, approvals: list[bytes]) -> Result:
        return self._world.executor.run(RunRequest(document=document, approvals=approvals), _AGENT)

    def patch_progress(self, digest: str) -> PatchProgress:
        told: PatchProgress = self._asked(self._world.executor.patches.progress, ProgressRequest(digest=digest))
        return told

    def revoke(self, document: bytes) -> Stopped:
        stopped: Stopped = self._asked(self._world.executor.revoke, StopRequest(document=document))
        return stopped

    def decline(self, document: bytes) -> Stopped:
        stopped: Stopped = self._asked(self._world.executor.decline, StopRequest(document=document))
        return stopped

    def audit_head(self, countersigned: bytes = b"") -> HeadGiven:
        given: HeadGiven = self._asked(self._world.executor.audit_head, HeadRequest(countersigned=countersigned))
        return given

    def _asked(self, operation: Any, request: Any) -> Any:
        try:
            return operation(request, _AGENT)
        except Refused as refused:
            raise ExecutorRefused(str(refused)) from refused


_AGENT = Peer(pid=2, uid=1_000)


class CourierWorld(World):
    """What the thief sends goes down as documents of an answer; the thief's receipt key has signed that answer."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.passed_s = 0.0
        self.came_up: list[Proof] = []
        self.courier = Courier(
            Shelf(Path(self.folder) / "agent"),
            Door(self),
            self,  # type: ignore[arg-type]  # the courier deposits, and reads nothing
            identity=lambda: None,
            now=lambda: self.now,
            monotonic=lambda: self.passed_s,
        )

    def deposit(self, deposit: Deposit) -> None:
        """The spool."""
        self.came_up += deposit.proofs

    def bring(self, kind: str, content: bytes) -> None:
        """One document down."""
        self.courier.accept([Document(kind=kind, media_type="application/json", content=content)])

    def carry(self) -> None:
        """Turns of the courier until nothing waits for a later look."""
        for _ in range(2):
            self.courier.turn()
            self.passed_s += AGAIN_S + 1

    def send(self, document: Envelope | bytes, *approvals: SignedApproval, again: bool = True) -> Result | Answer:
        """Under every name that a document can have."""
        del again  # no document says it
        raw = document if isinstance(document, bytes) else encode_envelope(document)
        before = len(self.came_up)
        for approval in approvals:
            self.bring("approval", encode_approval(approval))
        for kind in ("request", "approval", "decline", "revocation", HEAD_KIND, "policy"):
            self.bring(kind, raw)
        self.carry()
        mine = document.digest if isinstance(document, Envelope) else ""
        results = [each for each in self.came_up[before:] if isinstance(each, Result) and each.digest == mine]
        return results[-1] if results else Answer(error="not_carried", detail="; ".join(self.courier.refused))

    def stop(self, op: str, document: bytes) -> Answer:
        """A revocation or decline, by the same way."""
        self.bring({"revoke": "revocation"}.get(op, op), document)
        self.carry()
        return Answer()

    def tell(self, raw: bytes) -> Result | Answer:
        """Bytes for the socket are no document: the courier carries none of them."""
        self.bring("request", raw)
        self.carry()
        return Answer(error="not_carried")
