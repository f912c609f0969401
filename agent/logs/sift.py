"""The lines of one file -> events. No I/O: the caller reads, this decides what is in it.

A line goes through decoding, nomination (many lines at once), cutting into records, decision by `re`,
and folding. What belongs to a record that is not complete yet is kept, and `position` stays before it: after a
crash those lines are read again, so that nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from agent.logs.bursts import Bursts, Key, clip_field, clip_line, clip_record
from agent.logs.cursor import HEAD_BYTES, hash_head
from agent.logs.decode import RawLine, decode_lines
from agent.logs.records import Entry, Record, RecordCutter
from agent.logs.rules import SourceRules
from agent.logs.scan import Found
from agent.settings.encoding import Encoding
from agent.spool.port import Cursor
from wire.limits import CONTEXT_LINES_AFTER, CONTEXT_LINES_BEFORE, FIELDS
from wire.messages import Event, Gap, GapCause, RecordEnd, TimeOrigin


class Place(NamedTuple):
    """The file that the lines are of. `cursor` gives its identity, `head` its first bytes as they are now."""

    cursor: Cursor
    head: bytes


@dataclass
class Taken:
    """What some lines yielded."""

    events: list[Event] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class Sifter:
    """Holds the unfinished record of one file and the lines before it."""

    def __init__(self, rules: SourceRules, encoding: Encoding, position: int, line_number: int) -> None:
        self._rules = rules
        self._encoding = encoding
        self._cutter = RecordCutter(rules.cutting)
        self._recent: list[str] = []
        self._seen_lines = line_number
        self.position = position  # after the last complete record
        self.line_number = line_number  # lines before `position`
        self.undecodable = 0
        self.nuls = 0

    @property
    def waits(self) -> bool:
        """Whether a record is not complete yet."""
        return bool(self._cutter.pending)

    def prime(self, lines: Sequence[RawLine]) -> None:
        """Lines that stand before the position: context for what comes first."""
        texts = decode_lines(self._encoding, lines).texts
        self._recent = [clip_line(text) for text in texts[-CONTEXT_LINES_BEFORE:]]

    def take(self, place: Place, lines: Sequence[RawLine], now: datetime) -> Taken:
        """Sift complete lines."""
        texts, undecodable = decode_lines(self._encoding, lines)
        self.undecodable += undecodable
        self.nuls += sum(line.nuls for line in lines)
        stream = [*self._recent, *(entry.text for entry in self._cutter.pending), *texts]
        batch = _Batch(self._rules, place, stream, now)
        batch.gaps += [_cut_gap(place.cursor, line, now) for line in lines if line.lost]
        at = len(self._recent)
        for record, size in self._records(lines, texts):
            if record:
                batch.judge(record, at)
            at += size
        if self._rules.cutting.start is None and lines:
            self.position, self.line_number = lines[-1].end, self._seen_lines
        self._recent = [clip_line(text) for text in stream[max(0, at - CONTEXT_LINES_BEFORE) : at]]
        return batch.taken()

    def end(self, place: Place, ended_by: RecordEnd, now: datetime) -> Taken:
        """Take the unfinished record as complete."""
        record = self._cutter.end(ended_by)
        if record is None:
            return Taken()
        stream = [*self._recent, *(entry.text for entry in record.entries)]
        batch = _Batch(self._rules, place, stream, now)
        batch.judge(record, len(self._recent))
        self._pass(record)
        self._recent = [clip_line(text) for text in stream[-CONTEXT_LINES_BEFORE:]]
        return batch.taken()

    def _records(self, lines: Sequence[RawLine], texts: Sequence[str]) -> Iterator[tuple[Record | None, int]]:
        """Complete records with their number of lines; None stands for lines that no code can match."""
        nominated = self._rules.scanner.nominate(texts)
        first = self._seen_lines + 1
        self._seen_lines += len(texts)
        if self._rules.cutting.start is None:
            at = 0
            for hit in sorted(nominated):
                yield None, hit - at
                entry = Entry(lines[hit], texts[hit], first + hit, nominated[hit])
                yield Record((entry,), RecordEnd.LINE), 1
                at = hit + 1
            yield None, len(texts) - at
            return
        entries = [
            Entry(line, text, first + at, nominated.get(at, frozenset()))
            for at, (line, text) in enumerate(zip(lines, texts, strict=True))
        ]
        for record in self._cutter.add(entries):
            self._pass(record)
            yield record, len(record.entries)

    def _pass(self, record: Record) -> None:
        self.position, self.line_number = record.entries[-1].line.end, record.entries[-1].number


class _Batch:
    """The events of one step, on their way."""

    def __init__(self, rules: SourceRules, place: Place, stream: Sequence[str], now: datetime) -> None:
        self._rules = rules
        self._place = place
        self._stream = stream
        self._now = now
        self._bursts = Bursts(rules.opposites)
        self.gaps: list[Gap] = []

    def judge(self, record: Record, at: int) -> None:
        """Fold the record's event in, if it is one; `at` is its first line's place in the stream."""
        nominated = set[int]().union(*(entry.nominated for entry in record.entries))
        if not nominated:
            return
        texts = [entry.text for entry in record.entries]
        found = self._rules.scanner.decide(texts, nominated)
        if found is None:
            return
        key = self._key(record, found)
        occurred_at, origin = self._rules.clock.read(texts[0], self._now)
        text = "\n".join(texts)
        if not self._bursts.fold(key, occurred_at, text):
            sighting = _Sighting(record, found, key, clip_record(text), occurred_at, origin)
            self._bursts.start(key, self._event(sighting, at))

    def taken(self) -> Taken:
        """Everything that was judged."""
        return Taken(self._bursts.events(), self.gaps)

    def _key(self, record: Record, found: Found) -> Key:
        cursor, source = self._place.cursor, self._rules.source
        history = record.entries[0].line.start < cursor.history_until and not source.open_tickets
        names = self._rules.outcomes[found.code.rank].identity
        identity = tuple((name, clip_field(found.fields[name])) for name in names if name in found.fields)
        return found.code.module.code, found.code.error.code, identity, history

    def _event(self, seen: _Sighting, at: int) -> Event:
        catalogue, error = self._rules.scanner.catalogue, seen.found.code.error
        after = at + len(seen.record.entries)
        module, code, identity, history = seen.key
        return Event(
            event_id=content_id(self._place, seen.record),
            product=catalogue.product,
            catalogue_version=catalogue.version,
            module=module,
            code=code,
            level=error.level,
            status=self._rules.outcomes[seen.found.code.rank].status,
            occurred_at=seen.occurred_at,
            occurred_from=seen.origin,
            first_at=seen.occurred_at,
            last_at=seen.occurred_at,
            identity=dict(identity),
            fields={name: clip_field(text) for name, text in islice(seen.found.fields.items(), FIELDS)},
            source=clip_line(self._place.cursor.path),
            line_number=seen.record.entries[0].number,
            text=seen.text,
            ended_by=seen.record.ended_by,
            before=[clip_line(line) for line in self._stream[max(0, at - CONTEXT_LINES_BEFORE) : at]],
            after=[clip_line(line) for line in self._stream[after : after + CONTEXT_LINES_AFTER]],
            history=history,
        )


class _Sighting(NamedTuple):
    record: Record
    found: Found
    key: Key
    text: str
    occurred_at: datetime
    origin: TimeOrigin


def content_id(place: Place, record: Record) -> str:
    """The id of what was written, the same whenever and however often it is read.

    The head that goes into it ends where the record ends at the latest, so that a file which was still
    short at the first reading gives the same id at the second.
    """
    cursor, first, last = place.cursor, record.entries[0].line, record.entries[-1].line
    head = hash_head(place.head[: min(HEAD_BYTES, last.end)])
    digest = hashlib.sha256(f"{cursor.device}:{cursor.inode}:{head}:{cursor.generation}:{first.start}:".encode())
    for entry in record.entries:
        digest.update(entry.line.raw + b"\n")
    return digest.hexdigest()[:32]


def _cut_gap(cursor: Cursor, line: RawLine, now: datetime) -> Gap:
    return Gap(
        cause=GapCause.OVERSIZED,
        source=clip_line(cursor.path),
        noticed_at=now,
        from_byte=line.end - line.lost,
        bytes_lost=line.lost,
        detail="a line is longer than the limit and was cut",
    )
