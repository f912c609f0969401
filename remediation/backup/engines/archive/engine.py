"""The archive as an `Engine`. The format stands in format.py, saving in saving.py, writing back in restoring.py."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from remediation.backup.engines.archive import checking, forgetting, restoring, saving
from remediation.backup.engines.archive.format import KINDS, Head
from remediation.backup.engines.archive.keyring import Random, Recipient
from remediation.backup.engines.archive.listing import Selected, entry_of, read_listing
from remediation.backup.engines.archive.loading import Damaged, Loader
from remediation.backup.engines.archive.objects import (
    KEYS,
    Opened,
    add_recipient,
    opened,
    prepare,
)
from remediation.backup.engines.targets.port import Absent, Target
from remediation.backup.errors import RestoreRefused, TargetRefused
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
    Tell,
)
from wire.sentence import sentence


@dataclass(frozen=True)
class ArchiveEngine:
    """Snapshots in the archive's format at one target, opened by one recipient. `cache` is a folder of ours."""

    target: Target
    recipient: Recipient
    cache: Path
    random: Random
    second: Recipient | None = None  # wrapped beside the first when the target is prepared

    @property
    def name(self) -> str:
        """For people and policy."""
        return "archive"

    def prepare(self) -> None:
        """Make the target ready."""
        recipients = (self.recipient, self.second) if self.second else (self.recipient,)
        prepare(self.target, recipients, self.random)
        with self._opened():
            pass

    def save(self, order: SaveOrder, tell: Tell) -> Saved:
        """Make one snapshot."""
        with self._opened() as repository:
            return saving.save(repository, order, tell, self.cache)

    def snapshots(self) -> Sequence[Snapshot]:
        """Every whole snapshot."""
        found = []
        with self._opened() as repository:
            for kept, head in repository.heads():
                id_ = kept.name.rpartition("/")[2]
                roots = tuple(map(os.fsdecode, head.roots))
                found.append(
                    Snapshot(id_, head.at, head.host, roots, head.labels, kept.arrived_at, head.files, head.size_bytes)
                )
        return sorted(found, key=lambda snapshot: (snapshot.at, snapshot.id))

    def entries(self, snapshot: str, selection: Selection) -> Iterator[Entry]:
        """What a snapshot holds."""
        chosen = Selected(selection)
        with self._reading(snapshot) as (head, loader):
            for listed in read_listing(head, loader):
                if chosen.wants(listed.record.path):
                    yield entry_of(listed.record)

    def read(self, snapshot: str, path: str) -> Iterator[bytes]:
        """One file's content."""
        wanted = os.fsencode(path)
        with self._reading(snapshot) as (head, loader):
            for listed in read_listing(head, loader):
                if listed.record.path == wanted and KINDS[listed.record.kind] is EntryKind.FILE:
                    whole = restoring.with_content(head, loader, listed) if listed.record.link else listed
                    yield from restoring.plain_content(whole, loader)
                    return
        raise RestoreRefused(sentence("{path} is no file of this snapshot", path=path))

    def restore(self, snapshot: str, selection: Selection, into: Path, tell: Tell) -> Restored:
        """Write below `into`."""
        with self._reading(snapshot) as (head, loader):
            return restoring.restore(head, loader, selection, into, tell)

    def check(self, part: Part | None) -> Sequence[Damage]:
        """Structure, and with a part its bytes."""
        with self._opened() as repository, _loading(repository) as loader:
            return checking.check(repository, part, loader)

    def forget(self, snapshots: Sequence[str]) -> int:
        """Remove snapshots; bytes freed."""
        with self._opened() as repository, _loading(repository) as loader:
            return forgetting.forget(repository, snapshots, loader)

    def recipients(self) -> list[str]:
        """The objects of the wrapped keys."""
        return [kept.name for kept in self.target.listed(KEYS)]

    def admit(self, recipient: Recipient) -> str:
        """Wrap the master key for one more recipient, who can then open everything; the name of the object."""
        with self._opened() as repository:
            return add_recipient(self.target, repository.id, repository.keys.master, recipient, self.random)

    def expel(self, name: str) -> None:
        """Remove a wrapped key (who knew it may have kept the master key). The last one stays."""
        if name not in self.recipients() or len(self.recipients()) == 1:
            raise TargetRefused(sentence("the last key of {path} is not removed", path=self.target.where))
        self.target.delete(name)

    @contextmanager
    def _opened(self) -> Iterator[Opened]:
        self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        repository = opened(self.target, self.recipient, self.cache, self.random)
        try:
            yield repository
        finally:
            repository.index.close()

    @contextmanager
    def _reading(self, snapshot: str) -> Iterator[tuple[Head, Loader]]:
        with self._opened() as repository, _loading(repository) as loader:
            repository.refresh()
            try:
                yield repository.head(snapshot), loader
            except Absent as error:
                raise RestoreRefused(
                    sentence("there is no snapshot {id} at {path}", id=snapshot, path=self.target.where)
                ) from error
            except Damaged as error:
                raise TargetRefused(
                    sentence(
                        "{path} is damaged: {why}; choose another snapshot", path=self.target.where, why=str(error)
                    )
                ) from error


@contextmanager
def _loading(repository: Opened) -> Iterator[Loader]:
    loader = Loader(repository)
    try:
        yield loader
    finally:
        loader.close()
