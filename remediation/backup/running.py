"""One backup run: sources -> stage -> manifest -> engine, whole or not at all.

1. The trees are there, and the disk of the stage has room for dumps as large as the last ones; each source
   says how large its database is, and what surely does not fit is refused before it is dumped.
2. Every source is dumped into the stage. One that fails does not stop the others, so that the report names
   all of them; but then no snapshot is made.
3. The manifest is written beside the dumps: counts and versions of the dumps, hashes of a sample of files.
4. The engine saves trees and stage as one snapshot. A named file that it could not read spoils the run.
5. What happened is written into the journal by the caller, good or not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final

from remediation.backup.engines.port import Engine
from remediation.backup.errors import BackupError, SourceFailed
from remediation.backup.manifest import DatabaseFacts, FileFacts, Manifest
from remediation.backup.model import Saved, SaveOrder, Selection, Step, Tell
from remediation.backup.policy_file import BackupPolicy, is_below
from remediation.backup.sampling import sample_files
from remediation.backup.sources.port import Source
from remediation.backup.stage import DATABASES, MANIFEST_NAME, Stage
from wire.documents.backups import REASON_CHARS, Act, Deed
from wire.sentence import sentence

SMALLEST_DUMP: Final = 0.4  # of what a database takes: stage.GROWTH on top of it; indexes are not dumped


@dataclass(frozen=True)
class Means:
    """Clock and chance of one process."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    chance: Random
    new_id: Callable[[], str]


@dataclass(frozen=True)
class Wanted:
    """What a run saves, after policy and declarations have been joined."""

    trees: tuple[Path, ...]
    sources: tuple[Source, ...]
    exclude: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """An open target, and what its snapshots count as: the backup itself, or a further copy."""

    engine: Engine
    act: Act = Act.BACKUP


def run_backup(
    policy: BackupPolicy,
    wanted: Wanted,
    targets: Sequence[Target],
    means: Means,
    tell: Tell,
    *,
    expected_bytes: int = 0,
) -> list[Deed]:
    """Save once to each target, out of one stage; a deed for each. `expected_bytes`: of the last run's dumps."""
    run, started_at = means.new_id(), means.now()
    stage = Stage(Path(policy.state))
    try:
        with stage.opened():
            manifest = _staged(policy, wanted, stage, means, tell, run=run, expected_bytes=expected_bytes)
            order = _order(policy, wanted, stage, run, started_at)
            return [_saved(target, order, wanted.named, manifest, stage, means, tell) for target in targets]
    except BackupError as failure:
        return [failed_deed(Act.BACKUP, failure, started_at, means.now(), run=run)]


def _staged(
    policy: BackupPolicy,
    wanted: Wanted,
    stage: Stage,
    means: Means,
    tell: Tell,
    *,
    run: str,
    expected_bytes: int,
) -> Manifest:
    _demand_trees(wanted.trees)
    stage.demand_room(expected_bytes, policy.limits.stage_free_bytes)
    databases = _dumped(wanted.sources, stage, _asking_for_room(stage, policy.limits.stage_free_bytes, tell))
    tell(Step("sample"))
    files = sample_files(wanted.trees, wanted.exclude, wanted.named, policy.what.sample, means.chance)
    _demand_named(wanted.named, files)
    manifest = Manifest(
        run=run,
        site=policy.site,
        host=policy.host,
        at=means.now(),
        product=policy.product,
        databases=databases,
        files=files,
        trees=[str(tree) for tree in wanted.trees],
    )
    stage.write_manifest(manifest)
    return manifest


def _demand_trees(trees: Sequence[Path]) -> None:
    missing = [str(tree) for tree in trees if not tree.exists()]
    if missing:
        raise SourceFailed(sentence("not there, so not saved: {paths}", paths=", ".join(missing)))


def _demand_named(named: Sequence[str], files: Sequence[FileFacts]) -> None:
    missing = sorted(set(named) - {facts.path for facts in files})
    if missing:
        raise SourceFailed(
            sentence("named files cannot be read, so nothing is saved: {paths}", paths=", ".join(missing))
        )


def _dumped(sources: Sequence[Source], stage: Stage, tell: Tell) -> list[DatabaseFacts]:
    found: list[DatabaseFacts] = []
    failures: list[str] = []
    for source in sources:
        try:
            found.append(source.save(stage.database(source.name), tell))
        except SourceFailed as failure:
            failures.append(f"{source.name}: {failure}")
    if failures:
        raise SourceFailed(sentence("nothing was saved, because this failed: {what}", what="; ".join(failures)))
    return found


def _asking_for_room(stage: Stage, spare_bytes: int, tell: Tell) -> Tell:
    """Told how large a database is, refuse before it is dumped what surely does not fit: a dump may be half of it."""

    def told(step: Step) -> None:
        if step.total_bytes and not step.done_bytes:
            stage.demand_room(int(step.total_bytes * SMALLEST_DUMP), spare_bytes)
        tell(step)

    return told


def _order(policy: BackupPolicy, wanted: Wanted, stage: Stage, run: str, at: datetime) -> SaveOrder:
    return SaveOrder(
        host=policy.host,
        roots=(*wanted.trees, stage.folder),
        labels={"site": policy.site, "run": run, "stage": str(stage.folder)},
        at=at,
        exclude=wanted.exclude,
        one_file_system=policy.what.one_file_system,
    )


def _saved(  # all that one target needs
    target: Target,
    order: SaveOrder,
    named: Sequence[str],
    manifest: Manifest,
    stage: Stage,
    means: Means,
    tell: Tell,
) -> Deed:
    started_at = means.now() if target.act is Act.COPY else order.at
    engine = target.engine
    try:
        engine.prepare()
        saved = engine.save(order, tell)
    except BackupError as failure:
        return failed_deed(target.act, failure, started_at, means.now(), run=manifest.run, engine=engine.name)
    demanded = [str(stage.folder / MANIFEST_NAME), *_dump_files(manifest, stage), *named]
    spoiled = _missing(engine, saved, demanded)
    return Deed(
        act=target.act,
        is_good=not spoiled,
        started_at=started_at,
        ended_at=means.now(),
        run=manifest.run,
        engine=engine.name,
        snapshot=saved.snapshot.id,
        snapshot_at=saved.snapshot.at,
        code="unread" if spoiled else "",
        reason=f"not saved whole: {', '.join(spoiled)}"[:REASON_CHARS] if spoiled else "",
        counts={
            "files": saved.files,
            "unread": len(saved.unread),
            "databases": len(manifest.databases),
            "tables": sum(len(facts.tables) for facts in manifest.databases),
            "rows": sum(sum(facts.tables.values()) for facts in manifest.databases),
            "staged_bytes": stage.size_bytes(),
        },
        size_bytes=saved.size_bytes,
        added_bytes=saved.added_bytes,
    )


def _dump_files(manifest: Manifest, stage: Stage) -> list[str]:
    return [str(stage.folder / DATABASES / facts.name / file) for facts in manifest.databases for file in facts.files]


def _missing(engine: Engine, saved: Saved, demanded: Sequence[str]) -> list[str]:
    """What of the demanded paths the engine could not read at all; one that changed meanwhile is in the snapshot."""
    unread = [each.path for each in saved.unread]
    touched = [path for path in demanded if any(is_below(each, path) for each in unread)]
    return [path for path in touched if not any(True for _ in engine.entries(saved.snapshot.id, Selection((path,))))]


def failed_deed(
    act: Act, failure: BackupError, started_at: datetime, ended_at: datetime, *, run: str = "", engine: str = ""
) -> Deed:
    """What did not work, and why."""
    return Deed(
        act=act,
        is_good=False,
        started_at=started_at,
        ended_at=ended_at,
        run=run,
        engine=engine,
        code=code_of(failure),
        reason=str(failure)[:REASON_CHARS],
    )


def code_of(failure: BackupError) -> str:
    """A failure's kind, for machines.

    >>> code_of(SourceFailed(sentence("x")))
    'source_failed'
    """
    name = type(failure).__name__
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
