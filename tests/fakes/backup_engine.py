"""An engine that keeps snapshots as plain copies in a folder: slow, unencrypted, and easy to damage on purpose."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from remediation.backup.errors import RestoreRefused, TargetUnavailable
from remediation.backup.model import (
    Damage,
    Entry,
    EntryKind,
    Part,
    Restored,
    Saved,
    SaveOrder,
    Selection,
    Snapshot,
    Step,
    Tell,
    Unread,
)
from wire.sentence import sentence

META = "snapshot.json"


class CopyingEngine:
    """Snapshots in `folder`. `arrived` is the receiver's clock."""

    name = "copies"

    def __init__(self, folder: Path, arrived: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.folder = folder
        self._arrived = arrived
        self.is_away = False

    def prepare(self) -> None:
        if self.is_away:
            raise TargetUnavailable(sentence("the target is away"))
        self.folder.mkdir(parents=True, exist_ok=True)

    def save(self, order: SaveOrder, tell: Tell) -> Saved:
        name = f"s{len(list(self.folder.iterdir())) + 1:04}"
        fresh = self.folder / f"{name}.new"
        hashes: dict[str, str] = {}
        unread: list[Unread] = []
        for root in order.roots:
            for path in sorted([root, *root.rglob("*")]):
                if any(fnmatchcase(str(path), pattern) for pattern in order.exclude):
                    continue
                try:
                    _copy(path, fresh / "tree" / path.relative_to("/"), hashes)
                except OSError as error:
                    unread.append(Unread(str(path), str(error.strerror)))
        size = sum(each.stat().st_size for each in (fresh / "tree").rglob("*") if each.is_file())
        snapshot = Snapshot(
            name,
            order.at,
            order.host,
            tuple(map(str, order.roots)),
            dict(order.labels),
            self._arrived(),
            size_bytes=size,
        )
        (fresh / META).write_text(json.dumps({"hashes": hashes, "snapshot": _written(snapshot)}))
        fresh.rename(self.folder / name)
        tell(Step("saved", size, size))
        return Saved(snapshot, len(hashes), size, size, tuple(unread))

    def snapshots(self) -> Sequence[Snapshot]:
        found = [_read(json.loads(meta.read_text())["snapshot"]) for meta in self.folder.glob(f"s[0-9]*[0-9]/{META}")]
        return sorted(found, key=lambda each: each.at)

    def entries(self, snapshot: str, selection: Selection) -> Iterator[Entry]:
        root = self.folder / snapshot / "tree"
        for path in sorted(root.rglob("*")):
            name = f"/{path.relative_to(root)}"
            if _is_chosen(name, selection):
                found = path.lstat()
                kind = EntryKind.FOLDER if stat.S_ISDIR(found.st_mode) else EntryKind.FILE
                size = found.st_size if kind is EntryKind.FILE else 0
                yield Entry(name, kind, size, stat.S_IMODE(found.st_mode), mtime_ns=found.st_mtime_ns)

    def read(self, snapshot: str, path: str) -> Iterator[bytes]:
        yield (self.folder / snapshot / "tree" / path.lstrip("/")).read_bytes()

    def restore(self, snapshot: str, selection: Selection, into: Path, tell: Tell) -> Restored:
        if into.exists() and any(into.iterdir()):
            raise RestoreRefused(sentence("{path} is not empty", path=into))
        files = size = 0
        for entry in self.entries(snapshot, selection):
            if entry.kind is EntryKind.FILE:
                to = into / entry.path.lstrip("/")
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.folder / snapshot / "tree" / entry.path.lstrip("/"), to)
                files, size = files + 1, size + entry.size_bytes
                tell(Step("restored", size))
        return Restored(files, size)

    def check(self, part: Part | None) -> Sequence[Damage]:
        found = []
        for meta in self.folder.glob(f"s[0-9]*[0-9]/{META}"):
            for at, (name, digest) in enumerate(json.loads(meta.read_text())["hashes"].items()):
                path = meta.parent / "tree" / name.lstrip("/")
                if not path.exists():
                    found.append(Damage(name, "is gone"))
                elif part and at % part.of == part.number - 1 and _hash(path) != digest:
                    found.append(Damage(name, "is damaged"))
        return found

    def forget(self, snapshots: Sequence[str]) -> int:
        freed = 0
        for name in snapshots:
            freed += sum(each.stat().st_size for each in (self.folder / name).rglob("*") if each.is_file())
            shutil.rmtree(self.folder / name)
        return freed

    def path_of(self, snapshot: str, path: str) -> Path:
        """Where the content of a file lies, for tests that damage it."""
        return self.folder / snapshot / "tree" / path.lstrip("/")


def _copy(path: Path, to: Path, hashes: dict[str, str]) -> None:
    if path.is_dir():
        to.mkdir(parents=True, exist_ok=True)
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, to)
    hashes[str(path)] = _hash(to)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is_chosen(name: str, selection: Selection) -> bool:
    return not selection.paths or any(name == path or name.startswith(f"{path}/") for path in selection.paths)


def _written(snapshot: Snapshot) -> dict[str, object]:
    arrived = snapshot.arrived_at.isoformat() if snapshot.arrived_at else None
    return {**vars(snapshot), "at": snapshot.at.isoformat(), "arrived_at": arrived}


def _read(fields: dict[str, object]) -> Snapshot:
    found = Snapshot(**fields)  # type: ignore[arg-type]
    arrived = datetime.fromisoformat(str(found.arrived_at)) if found.arrived_at else None
    return replace(found, at=datetime.fromisoformat(str(found.at)), arrived_at=arrived, roots=tuple(found.roots))
