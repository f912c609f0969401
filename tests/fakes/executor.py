"""An executor as the courier asks it, that follows a script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from remediation.executor.client import NoExecutor
from remediation.executor.model import HeadGiven, Stopped
from wire.documents.envelope import decode_envelope
from wire.documents.heads import AuditHead
from wire.proofs import Outcome, Passed, PatchProgress, Result

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@dataclass
class ScriptedExecutor:
    """`judge` says what becomes of a request with so many approvals; empty is `refused`."""

    judge: Callable[[int], str] = lambda count: "" if count else "no_approval"
    is_there: bool = True
    asked: list[int] = field(default_factory=list)
    stopped: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)  # states of a patch
    step: str = ""  # where a run ended
    size: int = 0  # of the chain: each question that changes it adds one
    secured: int = 0

    def run(self, document: bytes, approvals: list[bytes]) -> Result:
        self._answer()
        self.asked.append(len(approvals))
        self.size += 1
        obstacle = self.judge(len(approvals))
        outcome = Outcome.REFUSED if obstacle else Outcome.DONE
        digest = decode_envelope(document).digest
        detail = self.passed[-1].state if self.passed else ""
        step = "" if obstacle else self.step
        return Result(digest=digest, outcome=outcome, obstacle=obstacle, detail=detail, step=step, ended_at=AT)

    def patch_progress(self, digest: str) -> PatchProgress:
        self._answer()
        return PatchProgress(digest=digest, patch="his-2.0", states=list(self.passed))

    def revoke(self, document: bytes) -> Stopped:
        self._answer()
        self.stopped.append(document)
        self.size += 1
        return Stopped(names="n", is_new=True)

    decline = revoke

    def audit_head(self, countersigned: bytes = b"") -> HeadGiven:
        self._answer()
        if countersigned:
            self.heads.append(countersigned)
            self.secured = read_size(countersigned)
        head = AuditHead(agent="a1", size=self.size, chain="ab" * 32, root="cd" * 32, at=AT)
        return HeadGiven(head=head, secured=self.secured, proof=["ef" * 32] if self.secured else [])

    def _answer(self) -> None:
        if not self.is_there:
            raise NoExecutor("nobody")


def read_size(envelope: bytes) -> int:
    """What a head says, whoever signed it."""
    return msgspec.json.decode(decode_envelope(envelope).payload, type=AuditHead).size
