"""Whether a permitted patch may be begun on this host now. Pure.

The permit says that vendor and customer want exactly these bytes. What is asked here is whether they are for what this
host is: its policy's folders, what was applied before and what failed, what is installed, whether all is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

from remediation.patch.manifest import Manifest, Undoing
from remediation.patch.state import ENDED, PatchState
from remediation.trust.decision import IN_ADVANCE, Obstacle, Permit, Refusal
from remediation.trust.policy_file import Policy

INSTALLED: Final = frozenset({PatchState.CLEAN, PatchState.COMMITTED})
FAILED: Final = frozenset({PatchState.ROLLED_BACK, PatchState.ROLLBACK_FAILED})
SETTLED: Final = ENDED | {PatchState.COMMITTED}


@dataclass(frozen=True)
class Attempt:
    """One attempt of the past or of now. `state` None: not begun yet, or its journal cannot be read."""

    request: str  # digest of the request
    digest: str  # of the manifest
    manifest: Manifest
    accepted_at: datetime
    ended_at: datetime | None
    state: PatchState | None
    reason: str = ""  # why it failed, or was taken back
    is_over: bool = True

    @property
    def is_installed(self) -> bool:
        """Whether what it brought is there now."""
        return self.state in INSTALLED


@dataclass(frozen=True)
class Facts:
    """What was found on this host. Empty texts: nothing is wrong."""

    past: Sequence[Attempt]  # the oldest first
    agent_version: str = ""
    lacking_files: str = ""
    root_problem: str = ""
    drift: str = ""
    not_ready: str = ""  # backup, databases, room


def problem_of(manifest: Manifest, permit: Permit, policy: Policy, facts: Facts) -> Refusal | None:
    """The first obstacle; None when it may begin."""
    return next(_problems(manifest, permit, policy, facts), None)


def _problems(manifest: Manifest, permit: Permit, policy: Policy, facts: Facts) -> Iterator[Refusal]:
    yield from _identity(manifest, permit)
    yield from _bounds(manifest, policy, facts)
    running = [each.manifest.id for each in facts.past if not each.is_over]
    if running:
        yield Refusal(Obstacle.OTHER_PATCH_RUNS, f"{running[0]} is being applied or taken back here")
    yield from _applicable(manifest, facts)
    yield from _quarantine(permit, facts)
    if facts.lacking_files:
        words = "the files of the patch are not on this host, or not those signed"
        yield Refusal(Obstacle.PAYLOAD_MISSING, f"{words}: {facts.lacking_files}")
    if facts.not_ready:
        yield Refusal(Obstacle.NOT_READY, facts.not_ready)
    if facts.drift:
        yield Refusal(Obstacle.DRIFT, facts.drift)


def _identity(manifest: Manifest, permit: Permit) -> Iterator[Refusal]:
    if (manifest.product, manifest.id) != (permit.request.product, permit.request.parameters["patch"]):
        yield Refusal(Obstacle.OTHER_PATCH, "the manifest is of another product or patch than its name says")
    if manifest.multi_host:
        yield Refusal(Obstacle.NOT_APPLICABLE, "it has to be switched on several hosts at once, which is not possible")


def _bounds(manifest: Manifest, policy: Policy, facts: Facts) -> Iterator[Refusal]:
    if manifest.files and not any(is_below(manifest.root, root) for root in policy.patch_roots):
        yield Refusal(Obstacle.PATCH_ROOT, f"the local policy has no patch_roots that hold {manifest.root}")
    if facts.root_problem:
        yield Refusal(Obstacle.PATCH_ROOT, facts.root_problem)
    is_irreversible = any(step.undoing is Undoing.NEVER for step in manifest.database)
    if is_irreversible and manifest.id not in policy.irreversible_patches:
        yield Refusal(Obstacle.IRREVERSIBLE, "nobody can take it back, and irreversible_patches does not name it")


def is_below(path: str, root: str) -> bool:
    """Whether `path` is `root` or in it.

    >>> is_below("/opt/his", "/opt/his"), is_below("/opt/his2", "/opt/his")
    (True, False)
    """
    return PurePosixPath(path).is_relative_to(root) and ".." not in PurePosixPath(path).parts


def _applicable(manifest: Manifest, facts: Facts) -> Iterator[Refusal]:
    def no(detail: str) -> Refusal:
        return Refusal(Obstacle.NOT_APPLICABLE, detail)

    stuck = [each.manifest for each in facts.past if each.state is PatchState.ROLLBACK_FAILED]
    if any(each.product == manifest.product for each in stuck):
        yield no(f"{stuck[0].id} could not be taken back; a person has to mend that first")
    there = [each for each in facts.past if each.is_installed and each.manifest.product == manifest.product]
    names = {each.manifest.id for each in there}
    if manifest.id in names:
        yield no("it is installed already")
    if missing := sorted(set(manifest.requires) - names):
        yield no(f"it needs {missing[0]} first")
    if conflicting := sorted(set(manifest.conflicts) & names):
        yield no(f"it does not go together with {conflicting[0]}")
    yield from map(no, _version_problems(manifest, [each.manifest for each in there]))
    if is_older(facts.agent_version, manifest.needs.min_agent):
        yield no(f"it needs version {manifest.needs.min_agent} of the agent")


def _version_problems(manifest: Manifest, there: Sequence[Manifest]) -> Iterator[str]:
    """The version of a module only rises: what its patches have left behind does not come back by a patch."""
    of_module = [each for each in there if each.module == manifest.module]
    if not of_module:
        return
    if of_module[-1].to_version not in manifest.from_versions:
        yield f"it is for {', '.join(manifest.from_versions[:5])}; {of_module[-1].to_version} is installed"
    behind = {version for each in of_module for version in each.from_versions}
    if manifest.to_version in behind:
        yield f"it leads back to {manifest.to_version}; take the newer patches back instead"


def is_older(version: str, needed: str) -> bool:
    """Whether a dotted version is below another. One that nobody can compare is older.

    >>> is_older("1.9", "1.10"), is_older("1.10", "1.9"), is_older("1", "")
    (True, False, False)
    """
    if not needed:
        return False
    try:
        return _numbers(version) < _numbers(needed)
    except ValueError:
        return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _quarantine(permit: Permit, facts: Facts) -> Iterator[Refusal]:
    """What failed here is tried again only by a request, approved by a person, that is younger than the failure."""
    failures = [each for each in facts.past if each.digest == permit.request.parameters["digest"] and _has_failed(each)]
    for each in failures:
        at = each.ended_at or each.accepted_at
        if permit.request.made_at <= at or permit.approvers == (IN_ADVANCE,):
            yield Refusal(Obstacle.REFUSED_BEFORE, f"it failed here at {at.isoformat()}: {each.reason}")


def _has_failed(attempt: Attempt) -> bool:
    return attempt.state in FAILED


def needed(manifest: Manifest) -> timedelta:
    """What has to be left of every window when the services stop: away, judged, and away once more for the way back."""
    return timedelta(seconds=2 * manifest.needs.downtime_s + manifest.gate.soak_s)
