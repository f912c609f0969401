"""Writing a snapshot back, so that nothing leaves the folder it is written into.

A snapshot may have been made by somebody who held the key and meant harm. Its listing is therefore read
twice: once to see that it keeps the rules (safe paths, sorted, each in a folder that the listing itself
made), before anything is written; then to write. Writing goes through handles of folders only, opened one
name at a time without following links, and every file is created where nothing was: a link can never lead
elsewhere, whoever made it. Folders get their owner, mode and times when they are left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remediation.backup.engines.archive.format import KINDS, Head, content_bytes
from remediation.backup.engines.archive.listing import Listed, Selected, read_listing
from remediation.backup.engines.archive.loading import Damaged, Loader
from remediation.backup.engines.archive.placing import Placer
from remediation.backup.errors import RestoreRefused
from remediation.backup.flushing import disk_told
from remediation.backup.model import EntryKind, Restored, Selection, Step, Tell
from wire.sentence import Sentence, sentence

AHEAD: Final = 4  # chunks fetched before they are wanted
WAITING_MAX: Final = 4_096
TOLD_FILES: Final = 256


def restore(head: Head, loader: Loader, selection: Selection, into: Path, tell: Tell) -> Restored:
    """Write what was selected below `into`."""
    chosen = Selected(selection)
    total_files, total_bytes = _examined(head, loader, chosen)
    _must_be_free(into)
    with disk_told(into):
        return _written(_chosen(head, loader, chosen), Placer(into), loader, _Told(tell, total_files, total_bytes))


@dataclass
class _Told:
    """How far the restore is."""

    tell: Tell
    total_files: int
    total_bytes: int
    files: int = 0
    bytes: int = 0

    def note(self, size: int) -> None:
        self.files += 1
        self.bytes += size
        if self.files % TOLD_FILES == 0:
            self.tell(Step("restoring", self.bytes, self.total_bytes, self.files, self.total_files))


def _written(chosen: Iterator[Listed], placer: Placer, loader: Loader, told: _Told) -> Restored:
    try:
        for listed in _fetched_ahead(chosen, loader):
            placer.place(listed.record, content(listed, loader))
            if KINDS[listed.record.kind] is EntryKind.FILE:
                told.note(listed.record.size)
    finally:
        placer.finish()
    return Restored(told.files, told.bytes, tuple(placer.problems))


def content(listed: Listed, loader: Loader) -> Iterator[bytes]:
    """A file's content in pieces, without its holes; `Damaged` where a part cannot be had."""
    record = listed.record
    wanted = content_bytes(record)
    offset = record.offset
    for number, slot in enumerate(listed.slots):
        for later in listed.slots[number + 1 : number + 1 + AHEAD]:
            loader.ahead(later.id)
        chunk = loader.load(slot.id)
        piece = chunk[offset : offset + wanted] if offset or wanted < len(chunk) else chunk
        offset = 0
        wanted -= len(piece)
        yield piece
    if wanted and not record.link:
        raise Damaged("a file whose content is too short")


def plain_content(listed: Listed, loader: Loader) -> Iterator[bytes]:
    """A file's content with its holes filled by zeros."""
    record = listed.record
    if record.extents is None:
        yield from content(listed, loader)
        return
    pieces, at = content(listed, loader), 0
    waiting = b""
    for start, length in record.extents:
        yield from _zeros(start - at)
        left = length
        while left:
            waiting = waiting or next(pieces)
            yield waiting[:left]
            taken = min(left, len(waiting))
            waiting, left = waiting[taken:], left - taken
        at = start + length
    yield from _zeros(record.size - at)


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield bytes(min(count, 1 << 20))
        count -= 1 << 20


def _chosen(head: Head, loader: Loader, chosen: Selected) -> Iterator[Listed]:
    """What is wanted, each hard link whose first name is not wanted made a file with content of its own."""
    for listed in read_listing(head, loader):
        if chosen.wants(listed.record.path) or (
            chosen.leads(listed.record.path) and KINDS[listed.record.kind] is EntryKind.FOLDER
        ):
            is_alone = listed.record.link and not chosen.wants(listed.record.link)
            yield with_content(head, loader, listed) if is_alone else listed


def with_content(head: Head, loader: Loader, listed: Listed) -> Listed:
    """A hard link as a file of its own. `Damaged` when the name that holds its content is not there."""
    for other in read_listing(head, loader):
        if other.record.path == listed.record.link and KINDS[other.record.kind] is EntryKind.FILE:
            record = other.record
            record.path = listed.record.path
            return Listed(record, other.slots)
    raise Damaged("a link to what is not there")


def _examined(head: Head, loader: Loader, chosen: Selected) -> tuple[int, int]:
    """Files and bytes that will be written. Refuses a listing that breaks the rules, before anything is."""
    files = size = 0
    try:
        for listed in _in_folders(read_listing(head, loader)):
            if KINDS[listed.record.kind] is EntryKind.FILE and chosen.wants(listed.record.path):
                files, size = files + 1, size + listed.record.size
    except Damaged as error:
        raise RestoreRefused(_damaged_sentence(error)) from error
    return files, size


def _in_folders(listing: Iterator[Listed]) -> Iterator[Listed]:
    """The same; `Damaged` where an entry's folder is none, or is something else."""
    folders: list[bytes] = []  # the chain above the present entry
    for listed in listing:
        path = listed.record.path
        parent = path.rpartition(b"/")[0]
        while folders and folders[-1] != parent:
            folders.pop()
        if parent and not folders:
            raise Damaged("an entry whose folder is none")
        if KINDS[listed.record.kind] is EntryKind.FOLDER:
            folders.append(path)
        yield listed


def _damaged_sentence(error: Damaged) -> Sentence:
    return sentence("this snapshot is damaged or forged ({why}); choose another one", why=str(error))


def _must_be_free(into: Path) -> None:
    if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        raise RestoreRefused(sentence("{path} is not empty; name an empty or new folder", path=str(into)))


def _fetched_ahead(all_listed: Iterator[Listed], loader: Loader) -> Iterator[Listed]:
    """The same, while the chunks of the next ones are already on their way."""
    waiting: deque[tuple[Listed, bool]] = deque()
    chunks, last = 0, b""
    for listed in all_listed:
        is_next = bool(listed.slots) and listed.slots[0].id != last
        if is_next:
            last = listed.slots[-1].id
            loader.ahead(listed.slots[0].id)
        waiting.append((listed, is_next))
        chunks += is_next
        while chunks > AHEAD or len(waiting) > WAITING_MAX:
            first, was_next = waiting.popleft()
            chunks -= was_next
            yield first
    for first, _ in waiting:
        yield first
