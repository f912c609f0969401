"""The process of one job: judges its documents again, applies the patch, tells each state, and says how it ended.

It believes the executor no more than the executor believes the agent: the same decision, from the same sources, is made
once more before anything is touched, and again, for the end of the time that the change needs, when the services are
about to stop. What the executor counted for this job is the one thing that it does not have to find unused.

The audit chain holds every state before its step begins. When it cannot be written before the first step, nothing is
begun; later the way goes on, since standing still in the middle would be worse than a missing record.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from remediation.audit.chain import AuditChain, ChainBroken
from remediation.executor.journal import CLOCK_BACK, PATCH, RESULT, last_lines, newest_time
from remediation.executor.patches.door import result_of
from remediation.executor.patches.jobs import JOURNAL, Job, Jobs
from remediation.executor.place import PlaceFile, PlaceUnknown
from remediation.executor.requests import Missing
from remediation.patch.course import Course, Host
from remediation.patch.errors import PatchError, PatchRefused
from remediation.patch.journal import Journal, JournalDamaged, Record
from remediation.patch.manifest import Manifest
from remediation.patch.payload import PayloadFile
from remediation.patch.plan import INSTALLED, needed
from remediation.patch.state import PatchState
from remediation.trust.assertion import decode_approval
from remediation.trust.decision import Obstacle, Permit, Place, Refusal, Vendor, judge
from remediation.trust.ledger import Ledger
from remediation.trust.policy_file import Policy
from wire.documents.envelope import decode_envelope
from wire.errors import Malformed
from wire.proofs import Outcome, Result
from wire.sentence import Sentence, sentence

NOT_BEGUN: Final = "the host went down before it began"

_log = logging.getLogger("sitewarden")


class Sources(Protocol):
    """As the executor's: see remediation.executor.executor."""

    def place(self) -> PlaceFile:
        """Which host this is."""

    def policy(self) -> Policy:
        """The local policy."""

    def vendor(self, now: datetime) -> Vendor:
        """The vendor's verified metadata."""


MayStop = Callable[[], Sentence | None]


@dataclass(frozen=True)
class Running:
    """What the process of a job is made of. `host_of` gives what an attempt may use."""

    jobs: Jobs
    sources: Sources
    ledger: Ledger
    chain: AuditChain
    now: Callable[[], datetime]
    host_of: Callable[[Job, Manifest, MayStop], Host]


class ToldJournal(Journal):
    """A journal whose states stand in the audit chain as well."""

    def __init__(self, parts: Running, job: Job, patch: str) -> None:
        self._chain, self._digest, self._patch = parts.chain, job.digest, patch
        super().__init__(parts.jobs.home(job.digest) / JOURNAL, parts.now)

    def enter(self, state: PatchState, body: Any = None) -> Record:
        """Told first: what is not in the chain is not begun."""
        told = {"digest": self._digest, "patch": self._patch, "state": state.value}
        try:
            self._chain.append(PATCH, told | {key: value for key, value in (body or {}).items() if key == "reason"})
        except ChainBroken as broken:
            if state is PatchState.PLANNED:
                raise PatchRefused(sentence("nothing can be recorded: {problem}", problem=str(broken))) from broken
            _log.exception("the state %s of %s is missing in the audit chain", state, self._patch)
        return super().enter(state, body)


def run_job(digest: str, parts: Running) -> Result:
    """Apply it. `PatchRefused` when another one is at work, or this one was begun before; `JobUnknown`."""
    with parts.jobs.locked():
        job = parts.jobs.find(digest)
        if (ended := parts.jobs.result(digest)) is not None:
            return ended
        if parts.jobs.records(job):
            raise PatchRefused(sentence("this attempt was begun already"))
        verdict = judge_again(job, parts, parts.now())
        if isinstance(verdict, Refusal):
            detail, obstacle = verdict.detail, verdict.obstacle.value
            return _end(job, parts, result_of(job, Outcome.REFUSED, detail, parts.now(), obstacle=obstacle))
        return _apply(job, parts)


def _apply(job: Job, parts: Running) -> Result:
    manifest = job.read_manifest()
    path = parts.jobs.payload(manifest)
    payload = PayloadFile(path, manifest) if path else None
    journal = ToldJournal(parts, job, manifest.id)
    try:
        host = parts.host_of(job, manifest, lambda: why_not_stop(job, manifest, parts))
        state: PatchState | None = Course(manifest, journal, host, payload).apply()
        reason = parts.jobs.attempt(job).reason
    except PatchError as refused:
        state, reason = journal.state, str(refused)
    except OSError as error:
        state, reason = journal.state, str(error)
    finally:
        journal.close()
    return _ended(job, parts, state, reason)


def judge_again(job: Job, parts: Running, at: datetime) -> Permit | Refusal:
    """The executor's own decision, as of `at`, on what the job holds."""
    if (newest := newest_time(last_lines(parts.jobs.folder.parent / "audit"))) and parts.now() < newest - CLOCK_BACK:
        return Refusal(Obstacle.TIME_NOT_TRUSTED, "the clock is earlier than the newest record of the audit chain")
    try:
        place, policy, vendor = parts.sources.place(), parts.sources.policy(), parts.sources.vendor(parts.now())
        envelope, approvals = decode_envelope(job.document), [decode_approval(raw) for raw in job.approvals]
    except (Missing, PlaceUnknown) as missing:
        return Refusal(Obstacle.NO_VENDOR_ROOT, str(missing))
    except Malformed as error:
        return Refusal(Obstacle.MALFORMED, str(error))
    uses = dict(parts.ledger.uses())
    if not job.used or any(uses.get(name, 0) < 1 for name in job.used):
        return Refusal(Obstacle.USED_UP, "the executor has not counted this job")
    own = {name: uses[name] - 1 for name in job.used}
    verdict = judge(
        envelope,
        approvals,
        place=Place(place.site, place.host, at),
        vendor=vendor,
        policy=policy,
        revoked=parts.ledger.revoked(),
        declined=parts.ledger.declined(),
        uses=uses | own,
    )
    if isinstance(verdict, Permit) and (verdict.digest, verdict.manifest) != (job.digest, job.manifest):
        return Refusal(Obstacle.OTHER_PATCH, "the vendor vouches for another patch than the one that was permitted")
    return verdict


def why_not_stop(job: Job, manifest: Manifest, parts: Running) -> Sentence | None:
    """Why the services may not stop now: it has to be permitted now, and until it would be taken back again."""
    for at, obstacle in ((parts.now(), ""), (parts.now() + needed(manifest), Obstacle.WINDOW_TOO_SHORT.value)):
        verdict = judge_again(job, parts, at)
        if isinstance(verdict, Refusal):
            named = obstacle or verdict.obstacle.value
            return sentence("{obstacle}: {detail}", obstacle=named, detail=verdict.detail)
    return None


def recover_all(parts: Running) -> list[Result]:
    """Bring what a crash cut off to its end; for the boot, before the services start, and for the agent's start.

    `PatchRefused` when somebody is at work. What cannot be ended stays as it is, is logged, and is tried next time.
    """
    found = []
    with parts.jobs.locked():
        for job in parts.jobs.all():
            try:
                found += [] if (result := _recover(job, parts)) is None else [result]
            except (PatchError, JournalDamaged, OSError) as problem:
                _log.error("the patch of request %s could not be brought to an end: %s", job.digest, problem)
    return found


def _recover(job: Job, parts: Running) -> Result | None:
    attempt = parts.jobs.attempt(job)
    has_result = parts.jobs.result(job.digest) is not None
    if not parts.jobs.records(job):
        return None if has_result else _end(job, parts, result_of(job, Outcome.FAILED, NOT_BEGUN, parts.now()))
    if not attempt.is_over or attempt.state is PatchState.COMMITTED:
        _course(job, parts, lambda course: course.recover())
        attempt = parts.jobs.attempt(job)
    return None if has_result else _ended(job, parts, attempt.state, attempt.reason)


def take_back(job: Job, parts: Running, reason: Sentence, *, may_lose_writes: bool = False) -> PatchState | None:
    """The version before, from what this host has kept: no fresh word of the vendor is needed. `PatchRefused`."""
    with parts.jobs.locked():
        manifest = job.read_manifest()
        later = [
            each.manifest.id
            for each in parts.jobs.attempts()
            if each.is_installed and each.accepted_at > job.accepted_at and each.manifest.root == manifest.root
        ]
        if later:
            raise PatchRefused(sentence("take {patch} back first, which came later", patch=later[-1]))
        state = parts.jobs.attempt(job).state
        if state not in {PatchState.CLEAN, PatchState.ROLLBACK_FAILED}:
            raise PatchRefused(sentence("{patch} is not installed", patch=manifest.id))
        return _course(job, parts, lambda course: course.take_back(reason, may_lose_writes=may_lose_writes))


def _course(job: Job, parts: Running, go: Callable[[Course], PatchState | None]) -> PatchState | None:
    manifest = job.read_manifest()
    journal = ToldJournal(parts, job, manifest.id)
    try:
        return go(Course(manifest, journal, parts.host_of(job, manifest, lambda: None)))
    finally:
        journal.close()


def _ended(job: Job, parts: Running, state: PatchState | None, reason: str) -> Result:
    outcome = Outcome.DONE if state in INSTALLED else Outcome.FAILED
    step = state.value if state else ""
    return _end(job, parts, result_of(job, outcome, reason, parts.now(), step=step))


def _end(job: Job, parts: Running, result: Result) -> Result:
    """In the audit chain first, which is the truth; then beside the job."""
    try:
        number = parts.chain.append(RESULT, msgspec.to_builtins(result))
        result = msgspec.structs.replace(result, audit_record=number)
    except ChainBroken:
        _log.exception("the end of %s is missing in the audit chain", job.digest)
    parts.jobs.end(job.digest, result)
    return result
