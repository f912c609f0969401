"""A product in a folder, a patch for it, and services that are files: what an attempt works on in tests.

`python tests/fakes/patched_site.py FOLDER apply|recover|take_back` is one run in a process of its own, so that it
can be killed anywhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from remediation.durable import write_durably
from remediation.patch.course import Course, Host
from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.journal import Journal
from remediation.patch.layouts.in_place import InPlace
from remediation.patch.layouts.port import Files
from remediation.patch.layouts.releases import Releases
from remediation.patch.manifest import DatabaseStep, FileChange, Gate, Layout, Manifest, Payload, Service
from remediation.patch.state import PatchState
from remediation.patch.tree import entries, tree_digest
from wire.catalogue.model import Texts
from wire.sentence import Sentence, sentence

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NEW_NAME = "new-release"
OLD = {"bin/app": b"app 1\n", "etc/app.conf": b"port 1\n", "lib/gone.so": b"old\n", "share/same": b"same\n" * 50}
NEW = {
    "bin/app": b"app 2\n",
    "etc/app.conf": b"port 2\n",
    "share/deep/er/new": b"fresh\n",
    "share/same": OLD["share/same"],
}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def changes() -> list[FileChange]:
    paths = sorted({*OLD, *NEW})
    found = []
    for path in paths:
        old, new = OLD.get(path), NEW.get(path)
        if old != new:
            mode = 0o755 if path.startswith("bin/") else 0o640
            size = len(new) if new else 0
            found.append(
                FileChange(
                    path=path,
                    old=digest(old) if old else "",
                    new=digest(new) if new else "",
                    mode=mode,
                    size_bytes=size,
                )
            )
    return found


def manifest_for(root: Path, layout: Layout, **fields: object) -> Manifest:
    given: dict[str, object] = {
        "id": "his-2.0",
        "product": "his",
        "module": "BILLING",
        "title": Texts(en="Two"),
        "made_at": NOW,
        "from_versions": ["1.0"],
        "to_version": "2.0",
        "layout": layout,
        "root": str(root),
        "files": changes(),
        "payload": Payload(sha256="0" * 64, size_bytes=1, unpacked_bytes=1),
        "services": [Service(name="app", unit="app.service"), Service(name="worker", unit="worker.service")],
    }
    return Manifest(**{**given, **fields})  # type: ignore[arg-type]


class MadePayload:
    """The new files, from memory."""

    @contextlib.contextmanager
    def open(self) -> Iterator[Iterator[tuple[str, Iterator[bytes]]]]:
        yield ((path, iter([NEW[path][:3], NEW[path][3:]])) for path in sorted(NEW) if NEW[path] != OLD.get(path))


@dataclass
class FileServices:
    """A service runs when its file is there. `broken` does not start, `stubborn` does not stop."""

    folder: Path
    broken: frozenset[str] = frozenset()
    stubborn: frozenset[str] = frozenset()
    calls: list[str] = field(default_factory=list)

    def is_running(self, service: Service) -> bool:
        return (self.folder / service.name).exists()

    def stop(self, service: Service) -> None:
        self.calls.append(f"stop {service.name}")
        if service.name in self.stubborn:
            raise StepFailed(sentence("{name} does not stop", name=service.name))
        (self.folder / service.name).unlink(missing_ok=True)

    def start(self, service: Service) -> None:
        self.calls.append(f"start {service.name}")
        assert not (self.folder / "held").exists(), "a held service is not started"
        if service.name in self.broken:
            raise StepFailed(sentence("{name} does not start", name=service.name))
        write_durably(self.folder / service.name, b"runs")

    def hold(self, services: Sequence[Service]) -> None:
        write_durably(self.folder / "held", b"")

    def let_go(self, services: Sequence[Service]) -> None:
        (self.folder / "held").unlink(missing_ok=True)


@dataclass
class NoDatabases:
    """Remembers what was asked."""

    calls: list[str] = field(default_factory=list)
    fails: str = ""

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if self.fails == call:
            raise StepFailed(sentence("{call} fails", call=call))

    def check(self, steps: Sequence[DatabaseStep], into: Path) -> None:
        if self.fails == "check":
            raise PatchRefused(sentence("the database does not answer"))

    def save(self, steps: Sequence[DatabaseStep], into: Path) -> None:
        self._note("save")

    def restore(self, steps: Sequence[DatabaseStep], out_of: Path) -> None:
        self._note("restore")

    def forward(self, patch: str, steps: Sequence[DatabaseStep], kept: Path) -> None:
        self._note("forward")

    def is_done(self, patch: str, steps: Sequence[DatabaseStep]) -> bool:
        return "forward" in self.calls

    def backward(self, patch: str, steps: Sequence[DatabaseStep], kept: Path) -> None:
        self._note("backward")


@dataclass
class GivenJudge:
    """Says what it was given."""

    wrong: tuple[str, ...] = ()

    def before(self, gate: Gate) -> dict[str, float]:
        return {"errors": 0.0}

    def judge(self, gate: Gate, before: dict[str, float]) -> Sequence[str]:
        assert before == {"errors": 0.0}
        return self.wrong


class NoBackups:
    """Every backup succeeds."""

    def check(self) -> None:
        """Nothing is missing."""

    def save(self, patch: str) -> str:
        return "snapshot-1"


class PatchedSite:
    """The product in `folder/product`, its services in `folder/services`, the journal in `folder/journal`."""

    def __init__(self, folder: Path, layout: Layout, **fields: object) -> None:
        self.folder = folder
        self.layout = layout
        self.root = folder / "product"
        self.services = FileServices(folder / "services")
        self.databases = NoDatabases()
        self.judge = GivenJudge()
        self.may_stop: Sentence | None = None
        self._fields = fields

    def make(self) -> PatchedSite:
        """The product at its old version, with its services running."""
        home = self.root / "releases" / "old" if self.layout is Layout.RELEASES else self.root
        for path, content in OLD.items():
            file = home / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o700 if path.startswith("bin/") else 0o600)
        if self.layout is Layout.RELEASES:
            (self.root / "current").symlink_to("releases/old")
        self.services.folder.mkdir()
        for name in ("app", "worker"):
            (self.services.folder / name).write_bytes(b"runs")
        (self.folder / "journals").mkdir()
        return self

    @property
    def manifest(self) -> Manifest:
        fields = dict(self._fields)
        if self.layout is Layout.RELEASES and (self.root / "releases" / "old").is_dir():
            fields.setdefault("from_tree", tree_digest(self.root / "releases" / "old"))
        return manifest_for(self.root, self.layout, **fields)

    def files(self) -> Files:
        manifest = self.manifest
        if self.layout is Layout.RELEASES:
            return Releases(manifest, root=self.root, old="old", new=NEW_NAME)
        return InPlace(manifest, root=self.root, name=NEW_NAME)

    def host(self) -> Host:
        return Host(
            self.files(),
            self.services,
            self.databases,
            self.judge,
            NoBackups(),
            lambda: self.may_stop,
            self.folder / "kept",
        )

    @contextlib.contextmanager
    def course(self) -> Iterator[Course]:
        journal = Journal(self.folder / "journals" / "1", lambda: NOW)
        try:
            yield Course(self.manifest, journal, self.host(), MadePayload())
        finally:
            journal.close()

    def apply(self) -> PatchState:
        with self.course() as course:
            return course.apply()

    def recover(self) -> PatchState | None:
        with self.course() as course:
            return course.recover()

    def take_back(self) -> PatchState:
        with self.course() as course:
            return course.take_back(sentence("the customer wants it back"))

    def states(self) -> list[str]:
        journal = Journal(self.folder / "journals" / "1", lambda: NOW)
        journal.close()
        return [record.state.value for record in journal.records]

    # ------------------------------------------------------------ what came of it

    def content(self) -> dict[str, tuple[int, bytes]]:
        """Every file of the version that counts, with its mode."""
        home = self.root / "current" if self.layout is Layout.RELEASES else self.root
        found = {}
        for path, _ in entries(home.resolve()):
            file = home / path
            if file.is_file() and not path.startswith(".sitewarden/"):
                found[path] = (file.stat().st_mode & 0o777, file.read_bytes())
        return found

    def folders(self) -> set[str]:
        home = (self.root / "current" if self.layout is Layout.RELEASES else self.root).resolve()
        return {path for path, _ in entries(home) if (home / path).is_dir() and not path.startswith(".sitewarden")}

    def version(self) -> str:
        """`old`, `new`, or what it is instead."""
        content = {path: data for path, (_, data) in self.content().items()}
        if content == OLD and self.folders() == {"bin", "etc", "lib", "share"}:
            return "old"
        return "new" if content == NEW else f"half: {sorted(content)} {sorted(self.folders())}"

    def running(self) -> set[str]:
        return {path.name for path in self.services.folder.iterdir() if not path.name.endswith(".new")}


def main() -> None:
    folder, layout, act = Path(sys.argv[1]), Layout(sys.argv[2]), sys.argv[3]
    site = PatchedSite(folder, layout)
    getattr(site, act)()


if __name__ == "__main__":
    main()
