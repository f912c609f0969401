"""restic as an `Engine`: one program a call, its JSON read. How it is called stands in calling.py."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any, Final

import msgspec

from remediation.backup.engines.restic import output
from remediation.backup.engines.restic.calling import Caller, Gentle
from remediation.backup.engines.restic.places import Place
from remediation.backup.errors import RestoreRefused, TargetRefused, TargetUnavailable
from remediation.backup.flushing import disk_told
from remediation.backup.model import (
    Damage,
    Entry,
    Part,
    Restored,
    Saved,
    SaveOrder,
    Selection,
    Snapshot,
    Step,
    Tell,
)
from remediation.backup.programs import Programs
from wire.sentence import sentence

INCOMPLETE: Final = 3  # restic's exit code when something could not be read
_GLOB: Final = re.compile(r"([\\*?\[])")
READY: Final = "ready"  # in our state: the target was there, and our key opened it
SPARSE_SINCE: Final = (0, 15)
_VERSION: Final = re.compile(rb"restic (\d+)\.(\d+)")
_GONE: Final = re.compile(r"^(error: )?pack [0-9a-f]+: does not exist", re.MULTILINE)
REBUILT: Final = "the index was built again without the packs that are gone; the next backup stores again what it can"
GONE_ADVICE: Final = (
    "run `restic rebuild-index` on the receiver's side, then back up again: what is lost is stored again"
)
CHANGED_ADVICE: Final = (
    "on the receiver's side run `restic repair packs` (0.16 and newer) with the packs named, or move those files away "
    "and run `restic rebuild-index`; then back up again: what is lost is stored again"
)
_ID: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ResticEngine:
    """Snapshots at one place. `state` is a folder of ours: restic's cache, and the register of its locks."""

    place: Place
    key: str
    state: Path
    programs: Programs
    gentle: Gentle = field(default_factory=Gentle)
    program: str = "restic"

    @property
    def caller(self) -> Caller:
        """How restic is called here."""
        return Caller(self.place, self.key, self.state, self.programs, self.gentle, self.program)

    @property
    def name(self) -> str:
        """For people and policy."""
        return "restic"

    @property
    def version(self) -> tuple[int, int]:
        """Of the program; (0, 0) when it does not tell."""
        match = _VERSION.match(self.caller.run("version").output)
        return (int(match[1]), int(match[2])) if match else (0, 0)

    def prepare(self) -> None:
        """Make the target ready. One that was ready once is not asked again: a call costs what its key costs to derive.

        What is wrong with it since then, saving says in the same words.
        """
        ready = self.state / READY
        if ready.exists():
            return
        self._made_ready()
        ready.touch()

    def _made_ready(self) -> None:
        ran = self.caller.run("cat", "config", "--no-lock")
        if ran.is_success:
            return
        failure = output.failure_of(ran.complaint, self.place.where)
        if not isinstance(failure, TargetUnavailable) or "config" not in ran.complaint:
            raise failure
        self.place.must_be_there(is_new=True)
        self.caller.must("init")

    def save(self, order: SaveOrder, tell: Tell) -> Saved:
        """Make one snapshot."""
        self.place.must_be_there(is_new=False)
        self.caller.heal()
        summary: dict[str, Any] = {}
        lines = output.Lines(lambda line: _note(output.message_of(line), summary, tell))
        arguments = ["backup", "--json", "--host", order.host, *_when(order)]
        arguments += [word for tag in output.tags_of(order.labels) for word in ("--tag", tag)]
        arguments += [word for pattern in order.exclude for word in ("--exclude", pattern)]
        arguments += ["--one-file-system"] if order.one_file_system else []
        ran = self.caller.healed(*arguments, "--", *map(str, order.roots), take=lines.take)
        if "snapshot_id" not in summary or ran.exit_code not in {0, INCOMPLETE}:
            raise output.failure_of(ran.complaint or str(ran), self.place.where)
        files, size = summary.get("total_files_processed", 0), summary.get("total_bytes_processed", 0)
        id_ = str(summary["snapshot_id"])
        snapshot = Snapshot(
            id_ if _ID.fullmatch(id_) else self._whole_id(id_),
            order.at,
            order.host,
            tuple(map(str, order.roots)),
            dict(order.labels),
            files=files,
            size_bytes=size,
        )
        added = summary.get("data_added_packed", summary.get("data_added", 0))
        return Saved(snapshot, files, size, added, tuple(output.unread_of(ran.complaint)))

    def snapshots(self) -> Sequence[Snapshot]:
        """Every whole snapshot."""
        self.place.must_be_there(is_new=False)
        found = msgspec.json.decode(self.caller.must("snapshots", "--json", "--no-lock").output) or []
        all_of_them = [output.snapshot_of(one, self.place.arrived_at(one["id"])) for one in found]
        return sorted(all_of_them, key=lambda snapshot: (snapshot.at, snapshot.id))

    def entries(self, snapshot: str, selection: Selection) -> Iterator[Entry]:
        """What a snapshot holds."""
        wanted = [path.rstrip("/") for path in selection.paths]
        plain: Iterator[bytes] | None = None
        lines = 0  # of the plain listing that were passed
        for line in output.lines_of(self.caller.stream("ls", "--json", "--no-lock", _id(snapshot))):
            found = output.message_of(line)
            if found.get("struct_type") != "node":
                continue
            path = found["path"]
            if output.REPLACED in path:
                if plain is None:
                    whole = output.lines_of(self.caller.stream("ls", "--no-lock", _id(snapshot)))
                    plain = islice(dropwhile(lambda one: not one.startswith(b"/"), whole), lines, None)
                path = output.raw_path(path, plain)
            elif plain is not None:
                output.raw_path(path, plain)
            lines += path.count("\n") + 1
            if not wanted or any(path == one or path.startswith(one + "/") for one in wanted):
                yield output.entry_of(found, path)

    def read(self, snapshot: str, path: str) -> Iterator[bytes]:
        """One file's content."""
        yield from self.caller.stream("dump", "--no-lock", _id(snapshot), path)

    def restore(self, snapshot: str, selection: Selection, into: Path, tell: Tell) -> Restored:
        """Write below `into`."""
        if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
            raise RestoreRefused(sentence("{path} is not empty; name an empty or new folder", path=str(into)))
        includes = [word for path in selection.paths for word in ("--include", _GLOB.sub(r"\\\1", path))]
        tell(Step("restoring"))
        sparse = ["--sparse"] if self.version >= SPARSE_SINCE else []
        ran = self.caller.run("restore", "--no-lock", *sparse, "--target", str(into), *includes, _id(snapshot))
        problems = output.unread_of(ran.complaint)
        with disk_told(into):
            output.demand_disk(problems)
        if not ran.is_success and not problems:
            raise output.failure_of(ran.complaint or str(ran), self.place.where)
        files, size = _counted(into)
        tell(Step("restoring", size, size, files, files))
        return Restored(files, size, tuple(problems))

    def check(self, part: Part | None) -> Sequence[Damage]:
        """Structure, and with a part its bytes."""
        self.place.must_be_there(is_new=False)
        subset = [] if part is None else [f"--read-data-subset={(part.number - 1) % part.of + 1}/{part.of}"]
        ran = self.caller.healed("check", *subset)
        if ran.is_success:
            return []
        damages = output.damages_of(ran.complaint)
        failure = output.failure_of(ran.complaint or str(ran), self.place.where)
        if isinstance(failure, TargetRefused) or "Fatal: unable to" in ran.complaint or ran.exit_code is None:
            raise failure
        return [*(damages or [Damage("repository", str(ran))]), self._advised(ran.complaint)]

    def _advised(self, complaint: str) -> Damage:
        """What makes the next backup store again what was lost: done here where it removes nothing else."""
        if not _GONE.search(complaint):
            return Damage("repository", CHANGED_ADVICE)
        ran = self.caller.healed("rebuild-index")
        return Damage("repository", REBUILT if ran.is_success else GONE_ADVICE)

    def forget(self, snapshots: Sequence[str]) -> int:
        """Remove snapshots; bytes freed."""
        known = {snapshot.id for snapshot in self.snapshots()}
        wanted = [_id(one) for one in snapshots if one in known]
        if not wanted:
            return 0
        before = self._size()
        ran = self.caller.healed("forget", "--prune", "--max-unused", "0", *wanted)
        if not ran.is_success:
            raise output.failure_of(ran.complaint or str(ran), self.place.where)
        return max(0, before - self._size())

    def _size(self) -> int:
        stats = output.message_of(self.caller.must("stats", "--no-lock", "--mode", "raw-data", "--json").output.strip())
        return int(stats.get("total_size", 0))

    def _whole_id(self, short: str) -> str:
        """What restic before 0.17 tells is the beginning; what it has just made lies whole in its cache."""
        found = list((self.state / "cache").glob(f"*/snapshots/*/{short}*"))
        if len(found) == 1 and _ID.fullmatch(found[0].name):
            return found[0].name
        told = msgspec.json.decode(self.caller.must("snapshots", "--json", "--no-lock", short).output)
        return str(told[-1]["id"])


def _id(snapshot: str) -> str:
    """Only whole ids: what begins with a dash or says `latest` is no snapshot of ours."""
    if not _ID.fullmatch(snapshot):
        raise RestoreRefused(sentence("{id} is no snapshot", id=snapshot))
    return snapshot


def _when(order: SaveOrder) -> list[str]:
    return ["--time", order.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")]


def _note(message: Mapping[str, Any], summary: dict[str, Any], tell: Tell) -> None:
    if message.get("message_type") == "summary":
        summary.update(message)
    elif message.get("message_type") == "status":
        tell(
            Step(
                "saving",
                message.get("bytes_done", 0),
                message.get("total_bytes", 0),
                message.get("files_done", 0),
                message.get("total_files", 0),
            )
        )


def _counted(into: Path) -> tuple[int, int]:
    """Files and bytes below a folder."""
    files = size = 0
    for folder, _, names in os.walk(os.fsencode(into)):
        for name in names:
            status = os.lstat(os.path.join(folder, name))  # noqa: PTH118  # bytes
            if stat.S_ISREG(status.st_mode):
                files, size = files + 1, size + status.st_size
    return files, size
