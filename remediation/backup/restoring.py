"""Bringing back: what a snapshot holds, what a restore would overwrite, and the restore itself.

Two ways. Below a folder of its own (`--to DIR`): the folder is empty or absent, and nothing else can
happen. In place: the content comes back to where it was. That is first restored beside the target and
then moved over it file by file, so that a restore which breaks off in the middle of the transfer has
changed nothing, and one that breaks off while files are moved is ended by the next run (replacing.py). It
needs consent, and nobody may have a file below the restored paths open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from remediation.backup.engines.port import Engine
from remediation.backup.errors import BackupError, RestoreRefused, TargetRefused
from remediation.backup.flushing import disk_told, flush_file_systems
from remediation.backup.manifest import Manifest, decode_manifest
from remediation.backup.model import EntryKind, Restored, Selection, Snapshot, Tell
from remediation.backup.policy_file import is_below
from remediation.backup.replacing import Course
from remediation.backup.stage import DATABASES, MANIFEST_NAME, stage_of
from wire.sentence import sentence

MANIFEST_BYTES: Final = 100_000_000
LATEST: Final = "latest"
_PROC: Final = Path("/proc")


@dataclass(frozen=True)
class Preview:
    """What a restore would write. `existing` are files that it would replace."""

    files: int
    size_bytes: int
    existing: int
    in_use: tuple[str, ...]  # programs with an open file below the restored paths


def find_snapshot(engine: Engine, name: str) -> Snapshot:
    """The snapshot with this id, or the only one that begins so; `latest` is the newest. `RestoreRefused` otherwise."""
    known = engine.snapshots()
    found = known[-1:] if name == LATEST else [each for each in known if each.id.startswith(name)]
    if len(found) != 1:
        words = sentence("{count} snapshots are called {name}; `backup list` shows them", count=len(found), name=name)
        raise RestoreRefused(words)
    return found[0]


def read_manifest(engine: Engine, snapshot: Snapshot) -> Manifest:
    """The manifest that lies in the snapshot; `TargetRefused` when it is damaged or missing."""
    path = f"{stage_of(snapshot)}/{MANIFEST_NAME}"
    content = bytearray()
    try:
        for piece in engine.read(snapshot.id, path):
            content += piece
            if len(content) > MANIFEST_BYTES:
                raise _no_manifest(snapshot, "too large")
        return decode_manifest(bytes(content))
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise _no_manifest(snapshot, error) from error


def _no_manifest(snapshot: Snapshot, problem: object) -> TargetRefused:
    return TargetRefused(
        sentence("the manifest of the snapshot {id} cannot be read: {problem}", id=snapshot.id, problem=problem)
    )


def selection_of(snapshot: Snapshot, manifest: Manifest | None, paths: Sequence[str], database: str) -> Selection:
    """Whole site, some paths, or the dump of one database."""
    if database:
        if manifest is None or database not in {facts.name for facts in manifest.databases}:
            raise RestoreRefused(sentence("the snapshot {id} holds no database {name}", id=snapshot.id, name=database))
        return Selection((f"{stage_of(snapshot)}/{DATABASES}/{database}",))
    return Selection(tuple(f"/{path.strip('/')}" for path in paths))


def preview(engine: Engine, snapshot: Snapshot, selection: Selection, into: Path) -> Preview:
    """Count what would be written below `into`; `/` is in place."""
    files = size = existing = 0
    touched: list[str] = []
    for entry in engine.entries(snapshot.id, selection):
        if entry.kind is EntryKind.FOLDER:
            continue
        files, size = files + 1, size + entry.size_bytes
        target = into / entry.path.lstrip("/")
        if os.path.lexists(target):
            existing += 1
            touched.append(str(target))
    return Preview(files, size, existing, tuple(users_of(set(touched))))


def users_of(paths: set[str]) -> Iterator[str]:
    """Programs that have one of these files open, as far as this account may see."""
    for entry in sorted(_PROC.iterdir()) if paths else []:
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            opened = {str(handle.readlink()) for handle in (entry / "fd").iterdir()}
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue
        if opened & paths:
            yield f"{name} ({entry.name})"


def demand_empty(into: Path) -> None:
    """`RestoreRefused` unless `into` is an empty folder or absent."""
    if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        raise RestoreRefused(sentence("{path} is not an empty folder; nothing was written", path=into))


def restore_below(engine: Engine, snapshot: Snapshot, selection: Selection, into: Path, tell: Tell) -> Restored:
    """Restore into a folder of its own; what is said to be done is on stable storage."""
    demand_empty(into)
    with disk_told(into):
        restored = engine.restore(snapshot.id, selection, into, tell)
        flush_file_systems([into] if into.is_dir() else [])
    return restored


def restore_in_place(
    engine: Engine, snapshot: Snapshot, selection: Selection, beside: Path, tell: Tell, *, root: Path = Path("/")
) -> Restored:
    """Restore beside, then move over what is there. The caller has shown a preview and has consent.

    One that broke off while files were moved is ended first; when it meant the same, that was all.
    """
    selection = selection if selection.paths else _trees_of(snapshot)
    course = Course(beside, root)
    if (intent := course.open_intent()) is not None:
        _demand_unused(tuple(users_of(course.touched())))
        done = course.finish(intent, tell)
        if (intent.snapshot, intent.paths) == (snapshot.id, list(selection.paths)):
            return done
    _demand_unused(preview(engine, snapshot, selection, root).in_use)
    demand_empty(beside)
    intent = course.begin(snapshot.id, selection.paths)
    try:
        with disk_told(beside):
            restored = engine.restore(snapshot.id, selection, beside, tell)
            _demand_whole(restored)
            intent = course.unpacked(intent, restored)
    except BackupError:
        course.drop()
        raise
    return course.finish(intent, tell)


def _trees_of(snapshot: Snapshot) -> Selection:
    """Everything but the stage: dumps are not laid out beside the live system."""
    stage = stage_of(snapshot)
    return Selection(tuple(path for path in snapshot.roots if not (stage and is_below(path, stage))))


def _demand_unused(users: Sequence[str]) -> None:
    if users:
        words = sentence("these programs use what would be replaced; stop them first: {names}", names=", ".join(users))
        raise RestoreRefused(words)


def _demand_whole(restored: Restored) -> None:
    """`RestoreRefused` unless everything came back."""
    if restored.problems:
        words = sentence("not everything could be restored, so nothing was replaced: {path}: {problem}",
                         path=restored.problems[0].path, problem=restored.problems[0].reason)  # fmt: skip
        raise RestoreRefused(words)
