"""The sorted listing of a snapshot, written and read as a stream: no more than two segments are in memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from remediation.backup.engines.archive.format import (
    KINDS,
    Foreign,
    Head,
    Record,
    Segment,
    decode,
    encode,
    is_cut_after,
    is_safe,
    sort_key,
)
from remediation.backup.engines.archive.loading import Damaged, Loader
from remediation.backup.engines.archive.pipeline import Pipeline, Slot
from remediation.backup.model import Entry, Selection


@dataclass
class Listed:
    """A record and its chunks; the record's own `chunks` are not looked at."""

    record: Record
    slots: list[Slot]


class ListingWriter:
    """Cuts records into segments. `flush` brings the small files on their way before a cut."""

    def __init__(self, pipeline: Pipeline, flush: Callable[[], None]) -> None:
        self._pipeline = pipeline
        self._flush = flush
        self._current: list[Listed] = []
        self._waiting: deque[list[Listed]] = deque()
        self._segments: list[Slot] = []

    def add(self, listed: Listed) -> None:
        """One more, in the order of the listing."""
        self._current.append(listed)
        if is_cut_after(listed.record.path, len(self._current)):
            self._cut()

    def finish(self) -> list[bytes]:
        """The ids of all segments."""
        self._cut()
        self._pipeline.settle()
        self._write_ready()
        self._pipeline.settle()
        return [slot.id for slot in self._segments]

    def _cut(self) -> None:
        self._flush()
        if self._current:
            self._waiting.append(self._current)
            self._current = []
        if len(self._waiting) > 1:
            self._pipeline.settle()
        self._write_ready()

    def _write_ready(self) -> None:
        while self._waiting and all(slot.id for listed in self._waiting[0] for slot in listed.slots):
            slot = Slot()
            self._segments.append(slot)
            self._pipeline.give(encode(_segment(self._waiting.popleft())), slot)


def _segment(all_listed: list[Listed]) -> Segment:
    numbers: dict[bytes, int] = {}
    for listed in all_listed:
        listed.record.chunks = [numbers.setdefault(slot.id, len(numbers)) for slot in listed.slots]
    return Segment(list(numbers), [listed.record for listed in all_listed])


def read_listing(head: Head, loader: Loader) -> Iterator[Listed]:
    """Every record of a snapshot. `Damaged` where a segment cannot be had, or breaks the rules of a listing."""
    last = b""
    for number, id_ in enumerate(head.segments):
        for later in head.segments[number + 1 : number + 2]:
            loader.ahead(later)
        try:
            segment = decode(loader.load(id_), Segment)
        except Foreign as error:
            raise Damaged(f"a listing: {error}") from error
        slots = [Slot(id_) for id_ in segment.chunks]
        for record in segment.records:
            key = sort_key(record.path)
            if not is_safe(record.path) or key <= last or not 0 <= record.kind < len(KINDS):
                raise Damaged("a listing that breaks its own rules")
            last = key
            try:
                yield Listed(record, [slots[chunk] for chunk in record.chunks])
            except IndexError as error:
                raise Damaged("a listing that names unknown chunks") from error


def entry_of(record: Record) -> Entry:
    """For people and policy."""
    return Entry(
        path=os.fsdecode(record.path),
        kind=KINDS[record.kind],
        size_bytes=record.size,
        mode=record.mode & 0o7777,
        uid=record.uid,
        gid=record.gid,
        mtime_ns=record.mtime_ns,
        target=os.fsdecode(record.target),
    )


class Selected:
    """Which paths of a listing are meant: those named, what is below them, and the folders above them."""

    def __init__(self, selection: Selection) -> None:
        self._paths = [os.fsencode(path).rstrip(b"/") for path in selection.paths]
        self._everything = not self._paths or b"" in self._paths

    def wants(self, path: bytes) -> bool:
        """Whether it was asked for."""
        return self._everything or any(path == one or path.startswith(one + b"/") for one in self._paths)

    def leads(self, path: bytes) -> bool:
        """Whether it is a folder on the way to something that was asked for."""
        return any(one.startswith(path + b"/") for one in self._paths)
