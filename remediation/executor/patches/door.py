"""A permit of a patch becomes a job: looked at once more, counted, written down, and started as a process of its own.

The executor itself can change nothing on this host. Whoever asks again is told how far the job is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from remediation.executor.journal import Journal, kept
from remediation.executor.patches.jobs import REASON, Job, Jobs, JobUnknown
from remediation.executor.patches.layout import NAME_CHARS, files_for
from remediation.executor.patches.taking import take_file
from remediation.executor.questions import ProgressRequest
from remediation.executor.requests import Peer
from remediation.patch.errors import PatchRefused
from remediation.patch.journal import JournalDamaged
from remediation.patch.layouts.releases import current_release
from remediation.patch.manifest import Layout, Manifest
from remediation.patch.payload import PayloadFile
from remediation.patch.plan import Facts, problem_of
from remediation.patch.reading import read_manifest
from remediation.trust.decision import Obstacle, Permit, Refusal
from remediation.trust.ledger import Ledger
from remediation.trust.policy_file import Policy
from wire.proofs import PATCH_STATES, Outcome, Passed, PatchProgress, Result

REASON_CHARS: Final = 1_000  # of a reason that crosses the wire
NO_PATCHES: Final = Refusal(Obstacle.NOT_APPLICABLE, "this executor applies no patches")


class PatchDoor:
    """Jobs of one executor. `start` begins the process of a job, and gives what went wrong."""

    def __init__(
        self,
        jobs: Jobs,
        journal: Journal,
        ledger: Ledger,
        policy: Callable[[], Policy],
        *,
        start: Callable[[str], str],
        now: Callable[[], datetime],
        agent_version: str = "",
        why_not_ready: Callable[[Manifest], str] = lambda _: "",
    ) -> None:
        self.jobs = jobs
        self._journal = journal
        self._ledger = ledger
        self._policy = policy
        self._start = start
        self._now = now
        self._agent_version = agent_version
        self._why_not_ready = why_not_ready

    def told(self, digest: str) -> Result | None:
        """How the job of this request ended, or how far it is; None when it has none."""
        try:
            job = self.jobs.find(digest)
        except JobUnknown:
            return None
        return self.jobs.result(digest) or self._going_on(job)

    def progress(self, digest: str) -> PatchProgress:
        """Every state that the patch of this request has passed, the newest ones where there are too many."""
        try:
            job = self.jobs.find(digest)
            records = self.jobs.records(job)
        except (JobUnknown, JournalDamaged):
            return PatchProgress(digest=digest)
        return PatchProgress(
            digest=digest,
            request=job.request,
            ticket=job.ticket,
            patch=job.read_manifest().id,
            states=[
                Passed(state=each.state.value, at=each.at, reason=str(each.body.get(REASON, ""))[:REASON_CHARS])
                for each in records[-PATCH_STATES:]
            ],
        )

    def take(self, permit: Permit, documents: Sequence[bytes], peer_uid: int) -> Result | Refusal:
        """Begin it, after a last look at what is here, and at what was counted."""
        job = self.prepare(permit, self._policy(), documents[0], documents[1:])
        if isinstance(job, Refusal):
            return job
        if not self._ledger.use(permit.used):
            return Refusal(Obstacle.USED_UP, "the ledger gives no more uses")
        return self.begin(job, peer_uid)

    def prepare(self, permit: Permit, policy: Policy, document: bytes, approvals: Sequence[bytes]) -> Job | Refusal:
        """Look at everything; nothing is changed."""
        try:
            manifest = read_manifest(permit.manifest)
        except PatchRefused as refused:
            return Refusal(Obstacle.OTHER_PATCH, str(refused))
        root_problem, old = _root(manifest)
        job = Job(
            digest=permit.digest,
            document=document,
            approvals=list(approvals),
            manifest=permit.manifest,
            used=[use.id for use in permit.used],
            request=permit.request.id,
            ticket=permit.request.ticket,
            action=permit.action.name,
            engineer=permit.engineer,
            approvers=list(permit.approvers),
            old=old,
            new=permit.request.parameters["digest"][:NAME_CHARS],
            accepted_at=self._now(),
        )
        not_ready = self._why_not_ready(manifest)[:1_000]
        quick = Facts(self.jobs.attempts(), self._agent_version, root_problem=root_problem, not_ready=not_ready)
        problem = problem_of(manifest, permit, policy, quick)  # before anything large is read
        if problem is not None:
            return problem
        lacking = self._lacking_files(manifest)[:1_000]
        facts = replace(quick, lacking_files=lacking, drift=_drift(manifest, job)[:1_000])
        return problem_of(manifest, permit, policy, facts) or job

    def begin(self, job: Job, peer_uid: int) -> Result:
        """Write it down, start it. What is asked for again is told from now on."""
        self.jobs.add(job)
        manifest = job.read_manifest()
        body: dict[str, Any] = {"digest": job.digest, "patch": manifest.id, "state": "accepted", "request": job.request}
        body |= {"ticket": job.ticket, "engineer": job.engineer, "approvers": job.approvers, "asked_by_uid": peer_uid}
        self._journal.note_patch(body | {"documents": kept([job.document, *job.approvals])})
        problem = self._start(job.digest)
        if problem:
            result = self._journal.finish(result_of(job, Outcome.FAILED, problem, self._now()))
            self.jobs.end(job.digest, result)
            return result
        return self._going_on(job)

    def _going_on(self, job: Job) -> Result:
        try:
            records = self.jobs.records(job)
        except JournalDamaged as damage:
            return result_of(job, Outcome.UNKNOWN, str(damage), self._now())
        detail = records[-1].state.value if records else "accepted"
        return result_of(job, Outcome.REFUSED, detail, self._now(), obstacle=Obstacle.IN_PROGRESS.value)

    def _lacking_files(self, manifest: Manifest) -> str:
        """Why the new files are not here; empty when they are, after taking what the agent has laid down."""
        path, fields = self.jobs.payload(manifest), manifest.payload
        if path is None or fields is None:
            return ""
        kept = PayloadFile(path, manifest)
        try:
            kept.check()
        except PatchRefused as refused:
            if self.jobs.inbox is None or not (self.jobs.inbox / fields.sha256).exists():
                return str(refused)
        else:
            return ""
        try:
            take_file(self.jobs.inbox / fields.sha256, fields, path)
            kept.check()
        except PatchRefused as refused:
            return str(refused)
        return ""


class ProgressDoor:
    """What may be asked of a door over the socket; None is an executor without patches."""

    def __init__(self, door: PatchDoor | None) -> None:
        self._door = door

    def progress(self, request: ProgressRequest, peer: Peer) -> PatchProgress:  # noqa: ARG002  # shape of an operation
        """Tell the states that a patch has passed; none where it was not begun."""
        return PatchProgress(digest=request.digest) if self._door is None else self._door.progress(request.digest)


def result_of(job: Job, outcome: Outcome, detail: str, at: datetime, *, obstacle: str = "", step: str = "") -> Result:
    """What is told of a job."""
    return Result(
        digest=job.digest,
        request=job.request,
        ticket=job.ticket,
        action=job.action,
        engineer=job.engineer,
        approvers=job.approvers,
        outcome=outcome,
        obstacle=obstacle,
        detail=detail[:4_000],
        step=step,
        ended_at=at,
    )


def _root(manifest: Manifest) -> tuple[str, str]:
    """(what is wrong with the root, the name of its release)."""
    root = Path(manifest.root)
    if not manifest.files:
        return "", ""
    if not root.is_dir() or root.resolve() != root:
        return f"{root} is no folder of its own, or a link leads there", ""
    if manifest.layout is Layout.IN_PLACE:
        return "", ""
    try:
        return "", current_release(root)
    except PatchRefused as refused:
        return str(refused), ""


def _drift(manifest: Manifest, job: Job) -> str:
    try:
        files_for(manifest, job).check()
    except (PatchRefused, OSError) as problem:
        return str(problem)
    return ""
