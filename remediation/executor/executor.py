"""The executor: judges what it is handed, by what it loads itself, and acts on a permit.

Nothing here believes the asker. A request brings documents; the place of this host, the local policy,
the vendor's verified metadata, the ledger and the clock come from the executor's own folder. What
cannot be loaded is missing, and what is missing refuses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from remediation.executor.bundles import Bundles, NotGathered
from remediation.executor.gathered import BundleDoor, listed, record_gathered
from remediation.executor.heads import give_head, take_head
from remediation.executor.journal import Journal, kept
from remediation.executor.model import COLLECT, ExecutorState, HeadGiven, Stopped
from remediation.executor.patches.door import NO_PATCHES, PatchDoor, ProgressDoor
from remediation.executor.place import PlaceFile, PlaceUnknown
from remediation.executor.port import Ran, Runner
from remediation.executor.questions import HeadRequest, RunRequest, StatusRequest, StopRequest
from remediation.executor.requests import Missing, Peer, Refused
from remediation.repair.actions import Gathering, ParametersRefused, Plan, Program, plan
from remediation.trust.assertion import decode_approval
from remediation.trust.collection import what_is_collected
from remediation.trust.decision import Obstacle, Permit, Place, Refusal, Vendor, judge
from remediation.trust.ledger import Ledger
from remediation.trust.policy_file import Policy
from remediation.trust.stops import judge_decline, judge_revocation
from wire.documents.envelope import Envelope, decode_envelope
from wire.errors import Malformed
from wire.proofs import Outcome, Result
from wire.sentence import Sentence

OUTPUT_CHARS = 16_000
CLOCK_WORDS = "the clock is earlier than the newest record of the audit chain (sitewarden-agent audit clock)"


class Sources(Protocol):
    """The executor's own folder, read anew for every decision."""

    def place(self) -> PlaceFile:
        """Which host this is; `PlaceUnknown`."""

    def policy(self) -> Policy:
        """The local policy; `Missing`."""

    def vendor(self, now: datetime) -> Vendor:
        """The vendor's verified metadata; `Missing`."""

    def warnings(self, now: datetime) -> list[Sentence]:
        """What expires soon."""


@dataclass(frozen=True)
class Parts:
    """What an executor is made of."""

    sources: Sources
    ledger: Ledger
    journal: Journal
    runner: Runner
    now: Callable[[], datetime]
    pid: int
    uid: int
    bundles: Bundles
    served: frozenset[int] = frozenset()  # the accounts that it was told to serve
    patches: PatchDoor | None = None


class Executor:
    """Does what `remediation.executor.requests.OPERATIONS` names. One call at a time."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._patches = parts.patches
        self.patches = ProgressDoor(parts.patches)
        self.bundles = BundleDoor(parts.bundles, parts.journal, parts.sources.policy)

    def run(self, request: RunRequest, peer: Peer) -> Result:
        """Judge a document; run its action if it is permitted, and say how that ended."""
        digest = hashlib.sha256(request.document).hexdigest()
        documents = [request.document, *request.approvals]
        try:
            envelope = decode_envelope(request.document)
            digest = envelope.digest
            approvals = [decode_approval(raw) for raw in request.approvals]
        except Malformed as error:
            return self._refuse(digest, Refusal(Obstacle.MALFORMED, str(error)), documents)
        earlier = self._patches.told(digest) if self._patches else None
        earlier = earlier or (None if request.again else self._journal.result_of(digest))
        if earlier is not None:
            return earlier
        try:
            verdict = self._judge(envelope, approvals)
            steps = plan(verdict) if isinstance(verdict, Permit) else None
        except ParametersRefused as error:
            verdict, steps = Refusal(Obstacle.PARAMETERS, str(error)), None
        if isinstance(verdict, Refusal) or steps is None:
            assert isinstance(verdict, Refusal)  # noqa: S101  # a permit has a plan
            return self._refuse(digest, verdict, documents)
        if verdict.action.patch is not None:
            begun = NO_PATCHES if self._patches is None else self._patches.take(verdict, documents, peer.uid)
            return self._refuse(digest, begun, documents) if isinstance(begun, Refusal) else begun
        return self._permitted(verdict, steps, documents, peer)

    def revoke(self, request: StopRequest, peer: Peer) -> Stopped:
        """Take in a revocation, from anyone: it only stops."""
        found = self._stop_in(request, lambda raw, place: judge_revocation(decode_envelope(raw), place))
        ledger = self._parts.ledger
        return self._stop(found.revokes, request, peer, ledger.revoke, ledger.revoked)

    def decline(self, request: StopRequest, peer: Peer) -> Stopped:
        """Take in the no of an approver."""
        policy, problem = _tried(self._parts.sources.policy)
        if policy is None:
            raise Refused("no_policy", problem)
        found = self._stop_in(request, lambda raw, place: judge_decline(decode_approval(raw), place, policy))
        ledger = self._parts.ledger
        return self._stop(found.declines, request, peer, ledger.decline, ledger.declined)

    def status(self, request: StatusRequest, peer: Peer) -> ExecutorState:  # noqa: ARG002  # the shape of an operation
        """How things stand."""
        now, sources = self._parts.now(), self._parts.sources
        place, place_problem = _tried(sources.place)
        policy, policy_problem = _tried(sources.policy)
        _, vendor_problem = _tried(lambda: sources.vendor(now))
        return ExecutorState(
            pid=self._parts.pid,
            isolation=bool((self._parts.served or {peer.uid}) - {self._parts.uid}),
            site=place.site if place else "",
            host=place.host if place else "",
            policy_problem=place_problem or policy_problem,
            vendor_problem=vendor_problem,
            vendor_warnings=[str(words) for words in sources.warnings(now)],
            approvers=len(policy.approvers) if policy else 0,
            records=self._journal.chain.head().size,
            torn_bytes=self._journal.chain.torn_bytes,
            unknown_outcomes=self._journal.unknown_outcomes,
        )

    def audit_head(self, request: HeadRequest, peer: Peer) -> HeadGiven:  # noqa: ARG002  # the shape of an operation
        """Give the head; keep a countersigned one that is of this chain."""
        place, problem = _tried(self._parts.sources.place)
        if place is None:
            raise Refused("no_place", problem)
        if request.countersigned:
            return take_head(self._journal, place, request.countersigned)
        return give_head(self._journal, place)

    def _judge(self, envelope: Envelope, approvals: list[Any]) -> Permit | Refusal:
        now, sources, ledger = self._parts.now(), self._parts.sources, self._parts.ledger
        if self._journal.is_clock_back():
            return Refusal(Obstacle.TIME_NOT_TRUSTED, CLOCK_WORDS)
        place, problem = _tried(sources.place)
        if place is None:
            return Refusal(Obstacle.OTHER_AUDIENCE, problem)
        vendor, problem = _tried(lambda: sources.vendor(now))
        if vendor is None:
            return Refusal(Obstacle.NO_VENDOR_ROOT, problem)
        policy, problem = _tried(sources.policy)
        if policy is None:
            return Refusal(Obstacle.NO_APPROVAL, problem)
        return judge(
            envelope,
            approvals,
            place=Place(place.site, place.host, now),
            vendor=vendor,
            policy=policy,
            revoked=ledger.revoked(),
            declined=ledger.declined(),
            uses=ledger.uses(),
        )

    def _permitted(self, permit: Permit, steps: Plan, documents: list[bytes], peer: Peer) -> Result:
        if not self._parts.ledger.use(permit.used):
            return self._refuse(permit.digest, Refusal(Obstacle.USED_UP, "the ledger gives no more uses"), documents)
        self._journal.intend(
            {
                "digest": permit.digest,
                "request": permit.request.id,
                "ticket": permit.request.ticket,
                "reason": permit.request.reason,
                "product": permit.request.product,
                "action": permit.action.name,
                "engineer": permit.engineer,
                "approvers": list(permit.approvers),
                "argv": list(steps.run.argv) if steps.run else [],
                **({"collects": what_is_collected(permit.action.collect)} if permit.action.collect else {}),
                "asked_by_uid": peer.uid,
                "documents": kept(documents),
            }
        )
        result = self._journal.finish(self._run_steps(permit, steps))
        if result.step == COLLECT and result.outcome is Outcome.DONE:
            self._parts.bundles.keep(permit.digest)
        return result

    def _run_steps(self, permit: Permit, steps: Plan) -> Result:
        if steps.precheck is not None:
            ran = self._parts.runner.run(steps.precheck)
            if not ran.is_success:
                return self._result(permit, "precheck", ran, detail=ran.problem)
        if steps.collect is not None:
            return self._collect(permit, steps.collect)
        assert steps.run is not None  # noqa: S101  # an action without both cannot be read
        ran = self._parts.runner.run(steps.run)
        detail = ran.problem
        if not ran.is_success and steps.undo is not None:
            detail = f"{detail} {self._undo(steps.undo)}".strip()
        return self._result(permit, "run", ran, detail=detail)

    def _collect(self, permit: Permit, what: Gathering) -> Result:
        """Gather a bundle; the result lists it, for the ticket."""
        try:
            index = self._parts.bundles.gather(permit.digest, permit.request.ticket, what)
        except NotGathered as failure:
            return self._result(permit, COLLECT, Ran(problem=str(failure)), detail=str(failure))
        record_gathered(self._journal, index)
        output = listed(index).encode()
        ran = Ran(exit_code=0, output=output, output_bytes=len(output))
        return self._result(permit, COLLECT, ran, detail="")

    def _undo(self, program: Program) -> str:
        ran = self._parts.runner.run(program)
        if ran.is_success:
            return "undone"
        return f"undoing it failed too: {ran.problem or f'exit code {ran.exit_code}, signal {ran.signal}'}"

    def _result(self, permit: Permit, step: str, ran: Ran, *, detail: str) -> Result:
        return Result(
            digest=permit.digest,
            request=permit.request.id,
            ticket=permit.request.ticket,
            action=permit.action.name,
            engineer=permit.engineer,
            approvers=list(permit.approvers),
            outcome=Outcome.DONE if ran.is_success else Outcome.FAILED,
            detail=detail[:4_000],
            step=step,
            exit_code=ran.exit_code,
            signal=ran.signal,
            is_timeout=ran.is_timeout,
            duration_s=ran.duration_s,
            output=ran.output.decode("utf-8", "replace")[:OUTPUT_CHARS],
            output_bytes=ran.output_bytes,
            ended_at=self._parts.now(),
        )

    def _refuse(self, digest: str, refusal: Refusal, documents: list[bytes]) -> Result:
        result = Result(
            digest=digest,
            outcome=Outcome.REFUSED,
            obstacle=refusal.obstacle.value,
            detail=refusal.detail[:1_000],
            ended_at=self._parts.now(),
        )
        return self._journal.refuse(result, documents)

    def _stop_in(self, request: StopRequest, judged: Callable[[bytes, Place], Any]) -> Any:
        """The document that stops something; a refused one is recorded as every refusal is."""
        place, problem = _tried(self._parts.sources.place)
        if place is None:
            raise Refused("no_place", problem)
        try:
            verdict = judged(request.document, Place(place.site, place.host, self._parts.now()))
        except Malformed as error:
            verdict = Refusal(Obstacle.MALFORMED, str(error))
        if isinstance(verdict, Refusal):
            self._refuse(hashlib.sha256(request.document).hexdigest(), verdict, [request.document])
            raise Refused(verdict.obstacle.value, verdict.detail[:500])
        return verdict

    def _stop(
        self,
        names: str,
        request: StopRequest,
        peer: Peer,
        stop: Callable[[str], None],
        stopped: Callable[[], frozenset[str]],
    ) -> Stopped:
        if names in stopped():
            return Stopped(names=names, is_new=False)
        stop(names)
        if names not in stopped():
            raise Refused("ledger_full", "the ledger is full: nothing runs any more until an administrator looks")
        self._journal.stop({"stops": names, "documents": kept([request.document]), "asked_by_uid": peer.uid})
        return Stopped(names=names, is_new=True)


def _tried(load: Callable[[], Any]) -> tuple[Any, str]:
    """What `load` gives, or None and why not."""
    try:
        return load(), ""
    except (Missing, PlaceUnknown) as error:
        return None, str(error)
