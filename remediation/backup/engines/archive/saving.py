"""One save: walk, compare with the snapshot before, read what changed, write the head last.

1. The index follows the target, and a lease tells the receiver that we are at work.
2. The tree is walked in the order of a listing, beside the listing of the newest snapshot of the same
   roots. A file whose size, times and inode are the same is taken over without being opened.
3. Everything else is read, twice where it changed meanwhile, and goes through the pipeline into packs.
4. When all packs and their index are at the target, and no index that was relied on has been forgotten,
   the head is put. Before that nothing of this run is ever listed; after that all of it can be read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from remediation.backup.engines.archive.content import Changed, opened, read_file, record_of, xattrs_of
from remediation.backup.engines.archive.format import PIECE_BYTES, Head, sort_key
from remediation.backup.engines.archive.leases import leased
from remediation.backup.engines.archive.listing import Listed, ListingWriter, read_listing
from remediation.backup.engines.archive.loading import Damaged, Loader
from remediation.backup.engines.archive.objects import INDEX, Opened
from remediation.backup.engines.archive.pipeline import Pipeline, Slot
from remediation.backup.engines.archive.walking import Found, walked
from remediation.backup.errors import TargetUnavailable
from remediation.backup.model import Saved, SaveOrder, Snapshot, Step, Tell, Unread
from wire.sentence import sentence

ID_BYTES: Final = 16
SETTLED_NS: Final = 2_000_000_000  # file systems with times of 2 s are the coarsest
UNREAD_MAX: Final = 10_000
TOLD_FILES: Final = 256


def save(repository: Opened, order: SaveOrder, tell: Tell, cache: Path) -> Saved:
    """Make one snapshot."""
    id_ = repository.random(ID_BYTES).hex()
    loader = Loader(repository)
    try:
        with leased(repository, id_, is_exclusive=False):
            relied = repository.refresh()
            run = Run(repository, order, tell, before=_before(repository, order, loader), began_ns=_kernel_time(cache))
            try:
                head = run.whole(relied)
            finally:
                run.close()
            repository.put_head(id_, head)
    finally:
        loader.close()
    snapshot = Snapshot(
        id=id_,
        at=order.at,
        host=order.host,
        roots=tuple(map(os.fsdecode, head.roots)),
        labels=dict(order.labels),
        files=head.files,
        size_bytes=head.size_bytes,
    )
    return Saved(snapshot, head.files, head.size_bytes, run.added_bytes, tuple(run.unread))


class Run:
    """The state of one save."""

    def __init__(
        self, repository: Opened, order: SaveOrder, tell: Tell, *, before: Iterator[Listed], began_ns: int
    ) -> None:
        self._repository = repository
        self._order = order
        self._tell = tell
        self._before = before
        self._settled_ns = began_ns - SETTLED_NS
        self._pipeline = Pipeline(repository, self._sent)
        self._listing = ListingWriter(self._pipeline, self._flush)
        self._bundle = bytearray()
        self._bundle_slot = Slot()
        self._last: Listed | None = None
        self._links: dict[tuple[int, int], tuple[bytes, int]] = {}
        self._known = b""
        self._sent_bytes = 0
        self.files = self.size_bytes = 0
        self.unread: list[Unread] = []

    @property
    def added_bytes(self) -> int:
        """What went to the target."""
        return self._pipeline.added_bytes

    def whole(self, relied: set[str]) -> Head:
        """Save everything but the head."""
        for found in walked(self._order, self._complain):
            self._take(found)
        segments = self._listing.finish()
        written = self._pipeline.finish()
        there = {kept.name for kept in self._repository.target.listed(INDEX)}
        if not relied | set(written) <= there:
            raise TargetUnavailable(
                sentence(
                    "old backups were forgotten at {path} during this run; the next run tries again",
                    path=self._repository.target.where,
                )
            )
        return Head(
            at=self._order.at,
            host=self._order.host,
            roots=[os.fsencode(root) for root in self._order.roots],
            labels=dict(self._order.labels),
            files=self.files,
            size_bytes=self.size_bytes,
            segments=segments,
        )

    def close(self) -> None:
        """End the threads."""
        self._pipeline.close()

    def _take(self, found: Found) -> None:
        try:
            listed = self._listed(found)
        except (OSError, Changed) as error:
            why = error.strerror if isinstance(error, OSError) else None
            self._complain(Unread(os.fsdecode(found.path), why or "replaced while it was read"))
            return
        if stat.S_ISREG(listed.record.mode):
            self.files += 1
            self.size_bytes += listed.record.size
            if self.files % TOLD_FILES == 0:
                self._tell(Step("saving", done_bytes=self.size_bytes, done_files=self.files))
        self._listing.add(listed)

    def _listed(self, found: Found) -> Listed:
        status = found.status
        if not stat.S_ISREG(status.st_mode):
            record = record_of(found)
            if not stat.S_ISLNK(status.st_mode):
                record.xattrs = xattrs_of(found.path)
            return Listed(record, [])
        if status.st_nlink > 1 and (first := self._first_link(found)):
            record = record_of(found)
            record.link = first
            return Listed(record, [])
        before = self._previous(found.path)
        if before is not None and self._is_unchanged(before, status):
            return before
        return self._read(found)

    def _first_link(self, found: Found) -> bytes:
        """The path that holds the content of a file with several names; empty for the first of them."""
        inode = (found.status.st_dev, found.status.st_ino)
        first, left = self._links.pop(inode, (b"", found.status.st_nlink))
        if left > 1:
            self._links[inode] = first or found.path, left - 1
        return first

    def _previous(self, path: bytes) -> Listed | None:
        """What the snapshot before has under this path; asked in the order of the listing."""
        key = sort_key(path)
        try:
            while self._last is None or sort_key(self._last.record.path) < key:
                self._last = next(self._before, None)
                if self._last is None:
                    self._before = iter(())
                    return None
        except Damaged:
            self._last, self._before = None, iter(())
            return None
        return self._last if self._last.record.path == path else None

    def _is_unchanged(self, before: Listed, status: os.stat_result) -> bool:
        record = before.record
        return (
            stat.S_ISREG(record.mode)
            and not record.link
            and (record.size, record.mtime_ns, record.ctime_ns, record.inode)
            == (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            and all(self._has(slot.id) for slot in before.slots)
        )

    def _has(self, id_: bytes) -> bool:
        if id_ != self._known and not self._repository.index.has(id_):
            return False
        self._known = id_
        return True

    def _read(self, found: Found) -> Listed:
        with opened(found) as handle:
            listed, is_whole = self._content(found, handle)
            if not is_whole:
                listed, is_whole = self._content(found, handle)
            listed.record.xattrs = xattrs_of(handle)
        if not is_whole:
            self._complain(Unread(os.fsdecode(found.path), "changed while it was read"))
        if not is_whole or listed.record.ctime_ns > self._settled_ns:
            listed.record.ctime_ns = 0
        return listed

    def _content(self, found: Found, handle: int) -> tuple[Listed, bool]:
        """A file as it was just now, and whether it stayed so while it was read."""
        record = record_of(found)
        slots: list[Slot] = []

        def small(content: bytes) -> None:
            if content:
                record.offset = len(self._bundle)
                self._bundle += content
                slots.append(self._bundle_slot)
                if len(self._bundle) >= PIECE_BYTES:
                    self._flush()

        def piece(content: bytes) -> None:
            slots.append(Slot())
            self._pipeline.give(content, slots[-1])

        is_whole = read_file(handle, record, small, piece)
        return Listed(record, slots), is_whole

    def _flush(self) -> None:
        if self._bundle:
            self._pipeline.give(self._bundle, self._bundle_slot)
            self._bundle, self._bundle_slot = bytearray(), Slot()

    def _sent(self, count: int) -> None:
        self._sent_bytes += count
        self._tell(Step("sending", done_bytes=self._sent_bytes, done_files=self.files))

    def _complain(self, unread: Unread) -> None:
        if len(self.unread) < UNREAD_MAX:
            self.unread.append(unread)


def _before(repository: Opened, order: SaveOrder, loader: Loader) -> Iterator[Listed]:
    """The listing of the newest snapshot of the same host and roots; nothing when there is none."""
    roots = [os.fsencode(root) for root in order.roots]
    newest: Head | None = None
    for _, head in repository.heads():
        if (head.host, head.roots) == (order.host, roots) and (newest is None or head.at > newest.at):
            newest = head
    return read_listing(newest, loader) if newest else iter(())


def _kernel_time(cache: Path) -> int:
    """What the clock of the file system says now: file times are compared with it, not with anybody's word."""
    mark = cache / "now"
    mark.unlink(missing_ok=True)
    mark.touch()
    return mark.stat().st_ctime_ns
