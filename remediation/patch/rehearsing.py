"""A patch tried on what the site's own newest backup holds, before the window: there and back, nothing live touched.

1. Files below the root of the product, and the dumps, are restored into a folder of their own.
2. The new files take the place of the restored ones and give it back, by the code that does it live.
3. Each database that the patch changes is loaded into a scratch server. Its steps go forward, the engine's own
   check looks at what came of it, and the steps go back; then every table has as many rows as before.

Services, probes and what has to be unpacked but is not here yet cannot be tried; they are counted, never passed over.

Nobody has approved these statements yet. So they reach nothing but a copy: SQLite may attach no other file, MariaDB
reads and writes files in its folder alone, and PostgreSQL knows them by the account that the live settings name,
in a server without a network that runs under the account of the drills.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from msgspec import structs

from remediation.backup.drills.databases import count_problems
from remediation.backup.drills.guards import demand_apart
from remediation.backup.engines.port import Engine as Archive
from remediation.backup.errors import BackupError
from remediation.backup.manifest import Manifest as BackupManifest
from remediation.backup.model import Selection, Snapshot, Step, Tell
from remediation.backup.policy_file import BackupPolicy, DatabaseRule, is_below
from remediation.backup.programs import Programs
from remediation.backup.restoring import find_snapshot, read_manifest
from remediation.backup.running import Means, failed_deed
from remediation.backup.scratch.folder import let_through
from remediation.backup.scratch.mariadb import LoadedMariadb
from remediation.backup.scratch.postgresql import LoadedPostgresql
from remediation.backup.scratch.sqlite import LoadedSqlite
from remediation.backup.sources.port import LoadedDump, Scratch
from remediation.backup.stage import DATABASES, stage_of
from remediation.durable import PRIVATE_FOLDER
from remediation.patch.databases.mariadb import Mariadb
from remediation.patch.databases.port import Engine
from remediation.patch.databases.postgresql import Postgresql
from remediation.patch.databases.settings import DatabaseSetting
from remediation.patch.databases.sqlite import Sqlite
from remediation.patch.databases.stepping import Stepping, stepping_of
from remediation.patch.errors import PatchError
from remediation.patch.layouts.in_place import InPlace
from remediation.patch.layouts.port import Files, Payload
from remediation.patch.layouts.releases import Releases, current_release
from remediation.patch.manifest import DatabaseStep, Layout, Manifest, Undoing
from wire.documents.backups import REASON_CHARS, Act, Deed
from wire.sentence import Sentence, sentence

TOLD: Final = 5  # problems that the reason names
NEW_NAME: Final = "rehearsed"
MARKS: Final = "sitewarden_patch"


@dataclass(frozen=True)
class Stage:
    """Where it is rehearsed. `folder` is empty or absent before and gone afterwards."""

    policy: BackupPolicy
    settings: Mapping[str, DatabaseSetting]
    archive: Archive
    scratch: Scratch
    programs: Programs
    folder: Path
    means: Means
    tell: Tell


@dataclass
class _Findings:
    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    snapshot: Snapshot | None = None

    def add(self, name: str, count: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + count


def rehearse(manifest: Manifest, digest: str, payload: Payload | None, stage: Stage, *, snapshot: str) -> Deed:
    """Try it on this snapshot; what came of it. `digest`: of the manifest, which an approval will name."""
    started_at = stage.means.now()
    found = _Findings()
    try:
        found.snapshot = find_snapshot(stage.archive, snapshot)
        with _restored(manifest, stage, found.snapshot) as kept:
            _try_files(manifest, payload, stage, found)
            _try_databases(manifest, kept, stage, found)
    except BackupError as failure:
        failed = failed_deed(Act.REHEARSAL, failure, started_at, stage.means.now(), engine=stage.archive.name)
        return _about(structs.replace(failed, counts=found.counts), manifest, digest, found.snapshot)
    found.add("untried_services", len(manifest.services))
    found.add("untried_probes", len(manifest.gate.probes))
    more = f" (and {len(found.wrong) - TOLD} more)" if len(found.wrong) > TOLD else ""
    deed = Deed(
        act=Act.REHEARSAL,
        is_good=not found.wrong,
        started_at=started_at,
        ended_at=stage.means.now(),
        engine=stage.archive.name,
        code="not_well" if found.wrong else "",
        reason=("; ".join(found.wrong[:TOLD]) + more)[:REASON_CHARS],
        counts={name: count for name, count in found.counts.items() if count},
    )
    return _about(deed, manifest, digest, found.snapshot)


def _about(deed: Deed, manifest: Manifest, digest: str, snapshot: Snapshot | None) -> Deed:
    deed = structs.replace(deed, patch=manifest.id, patch_digest=digest)
    return deed if snapshot is None else structs.replace(deed, snapshot=snapshot.id, snapshot_at=snapshot.at)


@contextlib.contextmanager
def _restored(manifest: Manifest, stage: Stage, snapshot: Snapshot) -> Iterator[BackupManifest]:
    """The dumps, and the product where the backup has it, below `folder/tree` for the length of a block."""
    demand_apart(stage.folder, stage.policy)
    kept = read_manifest(stage.archive, snapshot)
    paths = [stage_of(snapshot)] if manifest.database else []
    if manifest.files and _holds(snapshot, manifest.root):
        paths.append(manifest.root)
    stage.folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    let_through(stage.folder, stage.policy.drills.account)
    try:
        if paths:
            stage.archive.restore(snapshot.id, Selection(tuple(paths)), stage.folder / "tree", stage.tell)
        yield kept
    finally:
        shutil.rmtree(stage.folder, ignore_errors=True)


def _holds(snapshot: Snapshot, root: str) -> bool:
    return any(is_below(root, tree) for tree in snapshot.roots)


# ------------------------------------------------------------ files


def _try_files(manifest: Manifest, payload: Payload | None, stage: Stage, found: _Findings) -> None:
    root = stage.folder / "tree" / manifest.root.lstrip("/")
    if not manifest.files:
        return
    if payload is None or not root.is_dir():
        found.add("untried_files", len(manifest.files))
        return
    stage.tell(Step("files", total_files=len(manifest.files)))
    try:
        files = _files_at(structs.replace(manifest, root=str(root)), root)
        for act in (files.check, lambda: files.stage(payload), files.recheck, files.switch):
            act()
        _demand(files.is_new(), found, sentence("the files were not all exchanged"))
        files.switch_back()
        _demand(files.is_old(), found, sentence("the files were not all given back"))
    except (PatchError, OSError) as problem:
        found.wrong.append(str(problem))
    else:
        found.add("files", len(manifest.files))


def _files_at(manifest: Manifest, root: Path) -> Files:
    if manifest.layout is Layout.RELEASES:
        return Releases(manifest, root=root, old=current_release(root), new=NEW_NAME)
    return InPlace(manifest, root=root, name=NEW_NAME)


def _demand(is_well: bool, found: _Findings, words: Sentence) -> None:  # noqa: FBT001  # what was just looked at
    if not is_well:
        found.wrong.append(str(words))


# ------------------------------------------------------------ databases


def _try_databases(manifest: Manifest, kept: BackupManifest, stage: Stage, found: _Findings) -> None:
    assert found.snapshot is not None  # noqa: S101  # it was restored
    dumps = stage.folder / "tree" / stage_of(found.snapshot).lstrip("/") / DATABASES
    for number, name in enumerate(dict.fromkeys(step.database for step in manifest.database)):
        steps = [step for step in manifest.database if step.database == name]
        setting = stage.settings.get(name)
        rule = None if setting is None else rule_of(setting, stage.policy.what.databases)
        facts = [each for each in kept.databases if rule is not None and each.name == rule.name]
        if setting is None or rule is None or not facts:
            words = sentence("the backup holds no database {name}, which the patch changes", name=name)
            found.wrong.append(str(words))
            continue
        stage.tell(Step(name))
        with stage.scratch.load(facts[0], dumps / rule.name, stage.folder / f"db{number}") as loaded:
            engine = _engine_of(loaded, setting, stage)
            own = stepping_of(engine, manifest.id, steps, stage.folder / "kept", name)
            try:
                _there_and_back(own, steps, loaded, stage, found)
            except (PatchError, BackupError) as problem:
                found.wrong.append(f"{name}: {problem}")
        found.add("databases")


def _there_and_back(
    own: Stepping, steps: Sequence[DatabaseStep], loaded: LoadedDump, stage: Stage, found: _Findings
) -> None:
    own.check()
    before = loaded.counts()
    own.save()
    found.add("forward_ms", _timed(own.forward, stage))
    found.add("steps", len(steps))
    found.wrong += loaded.integrity()
    if any(step.undoing is Undoing.NEVER for step in steps):
        found.add("untried_ways_back")
        return
    found.add("backward_ms", _timed(own.backward, stage))
    after = {name: count for name, count in loaded.counts().items() if not name.endswith(MARKS)}
    found.wrong += count_problems({name: count for name, count in before.items() if not name.endswith(MARKS)}, after)


def _timed(act: Callable[[], None], stage: Stage) -> int:
    began = stage.means.monotonic()
    act()
    return round(1_000 * (stage.means.monotonic() - began))


def rule_of(setting: DatabaseSetting, rules: Sequence[DatabaseRule]) -> DatabaseRule | None:
    """The rule of the backup policy for the database that a patch calls by this setting; None: it is not saved."""
    for rule in rules:
        is_named = rule.path == setting.path if setting.path else (rule.database or rule.name) == setting.database
        if rule.engine == setting.engine and is_named and _server(rule) == _server(setting):
            return rule
    return None


def _server(of: DatabaseSetting | DatabaseRule) -> tuple[str, int]:
    return ("" if of.host in {"127.0.0.1", "localhost", "::1"} else of.host, of.port or 0) if not of.socket else ("", 0)


def _engine_of(loaded: LoadedDump, setting: DatabaseSetting, stage: Stage) -> Engine:
    if isinstance(loaded, LoadedPostgresql):
        login = replace(loaded.login, user=setting.user or "postgres")
        return Postgresql(loaded.database, login, stage.programs, setting.schema)
    if isinstance(loaded, LoadedMariadb):
        return Mariadb(loaded.database, loaded.login, stage.programs)
    assert isinstance(loaded, LoadedSqlite)  # noqa: S101  # the engines that a patch may name
    return Sqlite(loaded.path, stage.means.monotonic, is_apart=True)
