"""The ladder of drills. Each gives a deed that says what was proven, measured, or why it failed.

- 0: the target's structure and index. 1: every byte of one part of it, so that a round of parts reads all.
- 2: named and random files and all dumps, restored and compared with the manifest of backup time.
- 3: every database in a scratch server: counts, integrity, assertions.
- 4: the whole service, started from the restore where it can reach nothing else, and asked.

A drill that could compare nothing has failed: green must mean that something was looked at. What is
measured: `rto_s` from the decision to restore until all was well, `rpo_s` the age of what came back.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import structs

from remediation.backup.drills.comparing import compare_dumps, compare_files
from remediation.backup.drills.databases import check_databases
from remediation.backup.drills.guards import demand_apart
from remediation.backup.engines.port import Engine
from remediation.backup.errors import BackupError, TargetRefused
from remediation.backup.manifest import FileFacts, Manifest
from remediation.backup.model import Part, Selection, Snapshot, Step, Tell
from remediation.backup.policy_file import AssertionRule, BackupPolicy, DrillRule, ServiceRule
from remediation.backup.restoring import find_snapshot, read_manifest
from remediation.backup.running import Means, failed_deed
from remediation.backup.scratch.folder import let_through
from remediation.backup.sources.port import Scratch
from remediation.backup.stage import stage_of
from remediation.durable import PRIVATE_FOLDER
from wire.documents.backups import REASON_CHARS, Act, Deed
from wire.sentence import sentence

TOLD: Final = 5  # problems that the reason names
PART, FILES, DATABASES, SERVICE = 1, 2, 3, 4

Start = Callable[[ServiceRule, Path], Sequence[str]]  # the rule and the restored root -> what is not well


@dataclass(frozen=True)
class Ground:
    """Where drills happen. `folder` is empty or absent before and gone afterwards."""

    policy: BackupPolicy
    engine: Engine
    scratch: Scratch
    start: Start
    folder: Path
    means: Means
    tell: Tell


@dataclass
class _Findings:
    """What one drill has found so far."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    snapshot: Snapshot | None = None
    chosen: list[FileFacts] = field(default_factory=list)
    rto_s: float | None = None


def run_drill(ground: Ground, rule: DrillRule, *, snapshot: str, part: int = 1) -> Deed:
    """One drill; `snapshot` is the id of the newest good one, for the levels from 2 on."""
    started_at, began_s = ground.means.now(), ground.means.monotonic()
    found = _Findings()
    ground.tell(Step(f"drill {rule.level}"))
    try:
        if rule.level <= PART:
            _check(ground, rule, part, found)
        else:
            found.snapshot = find_snapshot(ground.engine, snapshot)
            with _restored(ground, rule, found.snapshot, found) as manifest:
                _LEVELS[rule.level](ground, manifest, found)
            found.rto_s = round(ground.means.monotonic() - began_s, 3)
    except BackupError as failure:
        failed = failed_deed(Act.DRILL, failure, started_at, ground.means.now(), engine=ground.engine.name)
        failed = structs.replace(failed, level=rule.level, counts=_with_part(found.counts, rule, part))
        return _about(failed, found.snapshot, ground.means.now())
    return _about(_deed(ground, rule, found, started_at), found.snapshot, ground.means.now())


def _with_part(counts: dict[str, int], rule: DrillRule, part: int) -> dict[str, int]:
    return {**counts, "part": part} if rule.level == PART else counts


def _deed(ground: Ground, rule: DrillRule, found: _Findings, started_at: datetime) -> Deed:
    is_good = not found.wrong
    more = f" (and {len(found.wrong) - TOLD} more)" if len(found.wrong) > TOLD else ""
    return Deed(
        act=Act.DRILL,
        level=rule.level,
        is_good=is_good,
        started_at=started_at,
        ended_at=ground.means.now(),
        engine=ground.engine.name,
        code="" if is_good else "not_as_saved",
        reason=("; ".join(found.wrong[:TOLD]) + more)[:REASON_CHARS],
        counts={**found.counts, **({"wrong": len(found.wrong)} if found.wrong else {})},
        rto_s=found.rto_s if is_good else None,
    )


def _about(deed: Deed, snapshot: Snapshot | None, now: datetime) -> Deed:
    if snapshot is None:
        return deed
    age_s = max(0.0, round((now - snapshot.at).total_seconds(), 3))
    rpo_s = age_s if deed.is_good else None
    return structs.replace(deed, snapshot=snapshot.id, snapshot_at=snapshot.at, rpo_s=rpo_s)


def _check(ground: Ground, rule: DrillRule, part: int, found: _Findings) -> None:
    known = ground.engine.snapshots()
    if not known:
        raise TargetRefused(sentence("the target holds no snapshot, so there is nothing to prove"))
    chosen = Part(part, rule.parts) if rule.level == PART else None
    found.counts = {"snapshots": len(known), **({"part": part, "parts": rule.parts} if chosen else {})}
    found.wrong = [f"{damage.what}: {damage.reason}" for damage in ground.engine.check(chosen)]


@contextmanager
def _restored(ground: Ground, rule: DrillRule, snapshot: Snapshot, found: _Findings) -> Iterator[Manifest]:
    """What this level needs of the snapshot lies below `folder/tree` for the length of the block."""
    demand_apart(ground.folder, ground.policy)
    manifest = read_manifest(ground.engine, snapshot)
    found.chosen = _chosen(ground, rule, manifest)
    selection = _selection(rule, snapshot, manifest, found.chosen)
    ground.folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    let_through(ground.folder, ground.policy.drills.account)
    try:
        ground.engine.restore(snapshot.id, selection, ground.folder / "tree", ground.tell)
        yield manifest
    finally:
        shutil.rmtree(ground.folder, ignore_errors=True)


def _chosen(ground: Ground, rule: DrillRule, manifest: Manifest) -> list[FileFacts]:
    """The named files and some at random; all of the sample for a site that has no database to prove it with."""
    named = [facts for facts in manifest.files if facts.path in set(ground.policy.what.named)]
    others = [facts for facts in manifest.files if facts.path not in set(ground.policy.what.named)]
    if rule.level != FILES:
        return manifest.files
    return named + ground.means.chance.sample(others, min(rule.files, len(others)))


def _selection(rule: DrillRule, snapshot: Snapshot, manifest: Manifest, chosen: Sequence[FileFacts]) -> Selection:
    stage = stage_of(snapshot)
    if rule.level == FILES:
        return Selection((stage, *sorted(facts.path for facts in chosen)))
    if rule.level == DATABASES and manifest.databases:
        return Selection((stage,))
    return Selection()


def _compare(ground: Ground, manifest: Manifest, found: _Findings) -> None:
    snapshot = _known(found)
    root = ground.folder / "tree"
    selected = Selection(tuple(facts.path for facts in found.chosen) or ("/nothing",))
    entries = list(ground.engine.entries(snapshot.id, selected))
    files = compare_files(found.chosen, entries, root, frozenset(ground.policy.what.named))
    dumps = compare_dumps(manifest.databases, root / stage_of(snapshot).lstrip("/"))
    found.counts = {"files": files.same, "changed": files.changed, "dumps": dumps.same}
    found.wrong += [*files.wrong, *dumps.wrong]
    if not files.same + dumps.same + len(found.wrong):
        found.wrong.append("nothing could be compared")


def _load(ground: Ground, manifest: Manifest, found: _Findings) -> None:
    missing = {rule.name for rule in ground.policy.what.databases} - {facts.name for facts in manifest.databases}
    found.wrong = [f"{name}: is not in the snapshot" for name in sorted(missing)]
    if not manifest.databases:
        _compare(ground, manifest, found)
        return
    stage = ground.folder / "tree" / stage_of(_known(found)).lstrip("/")
    checked = check_databases(ground.scratch, manifest.databases, stage, ground.folder, _assertions(ground))
    found.counts = {
        "databases": checked.databases,
        "tables": checked.tables,
        "rows": checked.rows,
        "assertions": checked.assertions,
    }
    found.wrong += checked.wrong


def _assertions(ground: Ground) -> Mapping[str, Sequence[AssertionRule]]:
    return {rule.name: rule.assertions for rule in ground.policy.what.databases}


def _serve(ground: Ground, manifest: Manifest, found: _Findings) -> None:
    rule = ground.policy.drills.service
    if rule is None:
        raise TargetRefused(sentence("level 4 needs drills.service, which says what to start"))
    _load(ground, manifest, found)
    found.counts["probes"] = len(rule.probes)
    found.wrong += ground.start(rule, ground.folder / "tree")


def _known(found: _Findings) -> Snapshot:
    if found.snapshot is None:
        raise TargetRefused(sentence("the target holds no snapshot, so there is nothing to prove"))
    return found.snapshot


_LEVELS: Final[Mapping[int, Callable[[Ground, Manifest, _Findings], None]]] = {
    FILES: _compare,
    DATABASES: _load,
    SERVICE: _serve,
}
