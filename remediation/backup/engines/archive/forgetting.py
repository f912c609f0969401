"""Removing snapshots and what only they needed. For the receiver's side: it needs the right to delete.

Each step leaves a whole repository, wherever it is cut off: first the snapshots go; then what is still used
out of packs that are mostly waste is written to new packs, with a new index of everything that stays; then
the old indexes go; last the packs that no index names, and what was cut off earlier. The lease keeps
savers out meanwhile, and a saver looks again before it puts its head.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from remediation.backup.engines.archive.chunks import open_text, seal_text
from remediation.backup.engines.archive.format import ChunkPlace, Foreign, PackIndex
from remediation.backup.engines.archive.leases import leased, left_behind
from remediation.backup.engines.archive.listing import read_listing
from remediation.backup.engines.archive.loading import Damaged, Loader
from remediation.backup.engines.archive.objects import INDEX, LEASES, PACKS, SNAPSHOTS, Opened, damaged
from remediation.backup.engines.archive.packs import PackWriter, pack_name

USED_MIN: Final = 0.5  # a pack that is used less is written anew
INDEXES_MAX: Final = 32  # more than these become one
ID_BYTES: Final = 16


def forget(repository: Opened, snapshots: Sequence[str], loader: Loader) -> int:
    """Remove them; bytes freed. Refuses before anything is removed when what stays cannot be read whole."""
    id_ = repository.random(ID_BYTES).hex()
    repository.target.delete(f"{LEASES}/{id_}")  # who may not delete is told now, before a lease stays behind
    with leased(repository, id_, is_exclusive=True):
        leases = left_behind(repository, id_)
        repository.refresh(is_strict=True)
        gone = set(snapshots)
        kept = [one.name.rpartition("/")[2] for one in repository.kept_snapshots()]
        used = _Used()
        try:
            for one in kept:
                if one not in gone:
                    used.mark(repository, one, loader)
            before = _size(repository)
            for one in gone & set(kept):
                repository.target.delete(f"{SNAPSHOTS}/{one}")
            _sweep(repository, used)
        finally:
            used.close()
        for lease in leases:
            repository.target.delete(lease)
        return max(0, before - _size(repository))


class _Used:
    """The chunks that stay: in a file of its own kind, since there may be millions."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("")  # a temporary file that SQLite removes
        self._base.execute("CREATE TABLE used (id BLOB PRIMARY KEY) WITHOUT ROWID")

    def mark(self, repository: Opened, snapshot: str, loader: Loader) -> None:
        try:
            head = repository.head(snapshot)
            self._add(head.segments)
            last = b""
            for listed in read_listing(head, loader):
                ids = [slot.id for slot in listed.slots if slot.id != last]
                if ids:
                    last = ids[-1]
                    self._add(ids)
        except Damaged as error:
            raise damaged(f"{SNAPSHOTS}/{snapshot}", repository.target, error) from error

    def has(self, id_: bytes) -> bool:
        return self._base.execute("SELECT 1 FROM used WHERE id = ?", (id_,)).fetchone() is not None

    def close(self) -> None:
        self._base.close()

    def _add(self, ids: list[bytes]) -> None:
        self._base.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((id_,) for id_ in ids))


def _sweep(repository: Opened, used: _Used) -> None:
    """Write new indexes of what stays, then remove everything else."""
    indexes = {kept.name for kept in repository.target.listed(INDEX)}
    stay: list[PackIndex] = []
    writer = PackWriter(repository, lambda _: None)
    is_changed = len(indexes) > INDEXES_MAX
    try:
        for no, name, salt, size in repository.index.packs():
            chunks = repository.index.chunks_of(no)
            wanted = [place for place in chunks if used.has(place.id)]
            if repository.index.is_lost(no):  # nothing can be copied out of it: it goes when nobody needs it
                wanted = [place for place in wanted if not repository.index.has(place.id, beside=no)]
                is_kept = bool(wanted)
            else:
                is_kept = sum(place.length for place in wanted) >= USED_MIN * size
            if is_kept:
                stay.append(PackIndex(name, salt, chunks, size))
                continue
            is_changed = True
            for place in wanted:
                _copy(repository, name, salt, place, writer)
        if is_changed:
            writer.finish()
            repository.put_index(stay)
    finally:
        writer.close()
    if is_changed:
        for name in indexes:
            repository.target.delete(name)
        repository.refresh()
    _remove_unnamed(repository)


def _copy(repository: Opened, pack: str, salt: bytes, place: ChunkPlace, writer: PackWriter) -> None:
    """A chunk into a new pack: encrypted anew, not compressed anew."""
    sealed = repository.target.get(pack_name(pack), place.offset, place.length)
    try:
        text = open_text(repository.keys.run_key(salt), place.id, sealed)
    except Foreign as error:
        raise damaged(pack_name(pack), repository.target, error) from error
    writer.add(place.id, seal_text(writer.key, place.id, next(writer.numbers), text), place.raw)


def _remove_unnamed(repository: Opened) -> None:
    named = {pack_name(name) for _, name, _, _ in repository.index.packs()}
    for kept in list(repository.target.listed(PACKS)):
        if kept.name not in named:
            repository.target.delete(kept.name)


def _size(repository: Opened) -> int:
    return sum(kept.size_bytes for folder in (PACKS, INDEX, SNAPSHOTS) for kept in repository.target.listed(folder))
