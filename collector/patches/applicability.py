"""Where one patch stands on one host; pure.

Looked at in this order, and the first that fits is the answer:

1. the host has no such module: it is not affected;
2. nobody hears the host, or it never said how an attempt ended: unknown, since what we know may be old;
3. it was applied there and the version has not gone back: installed; or it was, and is not any more: rolled back;
4. the version is none of those that it is for: not affected; is not known: blocked;
5. the customer declined or deferred it;
6. something that the host or the customer has to have first is missing: blocked, with the reason;
7. nothing is in the way: it can be installed now, which takes an engineer's and the customer's signatures still.
   Applicable without that "now": it would help, and whether there is room for it on the disk is not known.

A host's own word (its version, its answer) stands above what a person noted, because it is about what is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from collector.patches.model import Decision, DecisionKind, Fact, Patch, Progress, Standing
from collector.tickets.versions import is_before


class Applicability(StrEnum):
    """Where a patch stands on a host."""

    NOT_AFFECTED = "not_affected"
    APPLICABLE = "applicable"  # it would help; whether it can be installed is not known
    INSTALLABLE_NOW = "installable_now"
    BLOCKED = "blocked"
    INSTALLED = "installed"
    ROLLED_BACK = "rolled_back"
    DECLINED = "declined"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why it is blocked, or what is not known."""

    VERSION = "version"
    WITHDRAWN = "withdrawn"
    ENTITLEMENT = "entitlement"
    AGENT = "agent"
    REQUIRES = "requires"
    CONFLICT = "conflict"
    DISK = "disk"
    BACKUP = "backup"
    APPROVAL = "approval"
    WINDOW = "window"
    SILENT = "silent"
    LOST = "lost"
    DISK_UNKNOWN = "disk_unknown"


@dataclass(frozen=True)
class Verdict:
    """The answer; `detail` names what is missing: a patch, a version."""

    state: Applicability
    reason: Reason | None = None
    detail: str = ""

    @property
    def would_help(self) -> bool:
        """Whether the host has a version that the patch is for, and has not got the patch."""
        return self.state in WOULD_HELP


WOULD_HELP = frozenset(
    {
        Applicability.APPLICABLE,
        Applicability.INSTALLABLE_NOW,
        Applicability.BLOCKED,
        Applicability.DECLINED,
        Applicability.DEFERRED,
        Applicability.ROLLED_BACK,
    }
)

_NOT_AFFECTED = Verdict(Applicability.NOT_AFFECTED)
_INSTALLED = Verdict(Applicability.INSTALLED)
_NOW = Verdict(Applicability.INSTALLABLE_NOW)
_WAITING = {Progress.NOT_APPROVED: Reason.APPROVAL, Progress.WINDOW: Reason.WINDOW}
_SPOKEN = {DecisionKind.DEFERRED: Applicability.DEFERRED, DecisionKind.DECLINED: Applicability.DECLINED}


@dataclass(frozen=True)
class Circumstances:
    """What is true of this patch at this host alone; most have none."""

    standing: Standing | None = None
    version_since: datetime | None = None  # when the host was seen with its version first
    decision: Decision | None = None
    not_entitled: str = ""  # why


NONE = Circumstances()


def judge(patch: Patch, fact: Fact | None, now: datetime, around: Circumstances = NONE) -> Verdict:
    """The answer; `fact` is None for a host without the module."""
    if fact is None:
        return _NOT_AFFECTED
    if not fact.is_heard:
        return Verdict(Applicability.UNKNOWN, Reason.SILENT)
    found = None if around.standing is None else _by_progress(patch, fact, around.standing, around.version_since)
    return found or _by_version(patch, fact, now, around)


def _by_version(patch: Patch, fact: Fact, now: datetime, around: Circumstances) -> Verdict:
    """What the version says, then the customer, then what is missing."""
    if fact.version == patch.manifest.to_version:
        return _INSTALLED
    if fact.version and fact.version not in patch.manifest.from_versions:
        return _NOT_AFFECTED
    if around.decision is not None and around.decision.is_in_force(now):
        return Verdict(_SPOKEN[around.decision.kind], detail=around.decision.reason)
    return next(_obstacles(patch, fact, around), None) or _open(patch, fact)


def _by_progress(patch: Patch, fact: Fact, standing: Standing, version_since: datetime | None) -> Verdict | None:
    """What an attempt says by itself, if anything."""
    match standing.progress:
        case Progress.LOST:
            return Verdict(Applicability.UNKNOWN, Reason.LOST)
        case Progress.ROLLED_BACK if fact.version in ("", *patch.manifest.from_versions):
            return Verdict(Applicability.ROLLED_BACK)
        case Progress.DONE if fact.version in patch.manifest.from_versions:
            is_newer = version_since is not None and version_since > standing.at
            return Verdict(Applicability.ROLLED_BACK) if is_newer else _INSTALLED  # its list comes a little later
        case Progress.DONE if not fact.version:
            return _INSTALLED
        case _:
            return None


def _obstacles(patch: Patch, fact: Fact, around: Circumstances) -> Iterator[Verdict]:
    """What is missing; what nobody at the site can change stands first."""
    manifest = patch.manifest
    if patch.withdrawn_at is not None:
        yield _blocked(Reason.WITHDRAWN)
    if around.not_entitled:
        yield _blocked(Reason.ENTITLEMENT, around.not_entitled)
    if not fact.version:
        yield _blocked(Reason.VERSION)
    yield from (_blocked(Reason.CONFLICT, other) for other in manifest.conflicts if other in fact.has)
    yield from (_blocked(Reason.REQUIRES, other) for other in manifest.requires if other not in fact.has)
    if manifest.needs.min_agent and is_before(fact.agent_version, manifest.needs.min_agent):
        yield _blocked(Reason.AGENT, manifest.needs.min_agent)
    if not fact.has_backup:
        yield _blocked(Reason.BACKUP)
    if mount := tight_mount(patch, fact):
        yield _blocked(Reason.DISK, mount)
    if around.standing is not None and around.standing.progress in _WAITING:
        yield _blocked(_WAITING[around.standing.progress])


def _open(patch: Patch, fact: Fact) -> Verdict:
    if patch.needed_bytes and fact.disks is None:
        return Verdict(Applicability.APPLICABLE, Reason.DISK_UNKNOWN)
    return _NOW


def tight_mount(patch: Patch, fact: Fact) -> str:
    """The mount below which the patch would not fit; empty when it would, or nobody knows.

    Of the mounts that the fact names the one deepest above the root counts; a deeper one with enough room is
    not among them, so whoever makes facts names all mounts of a host with one tight mount.
    """
    root = patch.manifest.root
    above = [(mount, free) for mount, free in fact.disks or () if _is_below(root, mount)]
    if not above:
        return ""
    mount, free = max(above, key=lambda each: len(each[0]))
    return mount if free < patch.needed_bytes else ""


def _is_below(path: str, mount: str) -> bool:
    return mount in {"/", path} or path.startswith(f"{mount}/")


def _blocked(reason: Reason, detail: str = "") -> Verdict:
    return Verdict(Applicability.BLOCKED, reason, detail)
