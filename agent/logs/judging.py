"""What some lines of a block are: an event, an unknown error, or nothing. `re` has the last word.

Events are folded while they are found, so that a burst costs one event and a count a line.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from agent.logs.blocks import Block
from agent.logs.bursts import Bursts, Key, clip_field, clip_line, clip_record
from agent.logs.cursor import HEAD_BYTES, hash_head
from agent.logs.decode import RawLine
from agent.logs.json_lines import read_json
from agent.logs.rules import SourceRules
from agent.logs.scan import Found
from agent.logs.unknowns import Unknowns
from agent.spool.port import Cursor
from wire.limits import CONTEXT_LINES_AFTER, CONTEXT_LINES_BEFORE, FIELDS, LINE_CHARS
from wire.messages import Event, Gap, RecordEnd, TimeOrigin, UnknownError


class Place(NamedTuple):
    """The file that the lines are of. `cursor` gives its identity, `head` its first bytes as they are now."""

    cursor: Cursor
    head: bytes


@dataclass
class Taken:
    """What some lines yielded."""

    events: list[Event] = field(default_factory=list)
    unknowns: list[UnknownError] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class Folded:
    """Events and unknown errors of one file on their way, equal ones as one."""

    def __init__(self, rules: SourceRules) -> None:
        self.bursts = Bursts(rules.opposites)
        self.unknowns = Unknowns(rules.scanner.catalogue)


class _Sighting(NamedTuple):
    at: int
    end: int
    first: int
    lines: int
    ended_by: RecordEnd
    found: Found
    key: Key
    text: str
    occurred_at: datetime
    origin: TimeOrigin


class Batch:
    """One block under judgement."""

    def __init__(  # all that an event says of where it was found
        self,
        rules: SourceRules,
        folded: Folded,
        place: Place,
        block: Block,
        recent: list[str],
        line_number: int,
        now: datetime,
    ) -> None:
        """`recent` are the lines before the block, `line_number` counts all of them; finds go into `folded`."""
        self._rules = rules
        self._scanner = rules.scanner
        self._place = place
        self._block = block
        self._recent = recent
        self._line_number = line_number
        self._now = now
        self._history_until = 0 if rules.source.open_tickets else place.cursor.history_until
        self._bursts = folded.bursts
        self._unknowns = folded.unknowns

    def judge(self, at: int, end: int, first: int, lines: int, ended_by: RecordEnd, ranks: list[int]) -> None:
        """Fold one record in, if it is something: the `lines` lines in bytes `at` to `end`, after `first` others."""
        block = self._block
        texts = [block.read(at, end - 1)] if lines == 1 else block.between(at, end)
        found = self._scanner.decide(texts, ranks)
        if found is None:
            if self._scanner.severity_rank in ranks:
                self._judge_unknown(texts)
            return
        history = block.start < self._history_until and block.offset(at, first) < self._history_until
        key = self._key(found, history=history)
        occurred_at, origin = self._rules.clock.read(texts[0], self._now)
        text = texts[0] if lines == 1 else "\n".join(texts)
        if not self._bursts.fold(key, occurred_at, text):
            seen = _Sighting(at, end, first, lines, ended_by, found, key, clip_record(text), occurred_at, origin)
            self._bursts.start(key, self._event(seen))

    def _judge_unknown(self, texts: list[str]) -> None:
        for line in texts:
            word = self._scanner.severity_of(line)
            if word is not None:
                at, _ = self._rules.clock.read(texts[0], self._now)
                self._unknowns.see("\n".join(texts), word, at, self._place.cursor.path)
                return

    def _key(self, found: Found, *, history: bool) -> Key:
        code, identity = found.code, tuple[tuple[str, str], ...]()
        if names := self._rules.outcomes[code.rank].identity:
            fields = found.fields
            identity = tuple([(name, clip_field(fields[name])) for name in names if name in fields])
        return code.module.code, code.error.code, identity, history

    def _event(self, seen: _Sighting) -> Event:
        catalogue, error = self._scanner.catalogue, seen.found.code.error
        module, code, identity, history = seen.key
        raws = self._block.raw(seen.at, seen.first, seen.lines)
        is_entry = len(raws) == 1 and raws[0].entry
        entry = read_json(raws[0].entry, self._rules.source.fields) if is_entry else None
        captured = seen.found.fields
        fields = {**captured, **entry.fields, **captured} if entry else captured  # what was captured comes first
        return Event(
            event_id=content_id(self._place, raws),
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
            fields={name: clip_field(text) for name, text in islice(fields.items(), FIELDS)},
            source=clip_line(self._place.cursor.path),
            line_number=self._line_number + seen.first + 1,
            text=clip_record(entry.text) if entry else seen.text,
            ended_by=seen.ended_by,
            before=self._before(seen.at),
            after=self._after(seen.end),
            history=history,
        )

    def _before(self, at: int) -> list[str]:
        lines = self._context(self._block.back(at, CONTEXT_LINES_BEFORE), at)
        missing = CONTEXT_LINES_BEFORE - len(lines)
        return [*self._recent[-missing:], *lines] if missing else lines

    def _after(self, end: int) -> list[str]:
        return self._context(end, self._block.forward(end, CONTEXT_LINES_AFTER))

    def _context(self, at: int, end: int) -> list[str]:
        lines = self._block.between(at, end)
        return lines if end - at <= LINE_CHARS else [clip_line(line) for line in lines]


def content_id(place: Place, lines: list[RawLine]) -> str:
    """The id of what was written, the same whenever and however often it is read.

    The head that goes into it ends where the record ends at the latest, so that a file which was still
    short at the first reading gives the same id at the second.
    """
    cursor, first, last = place.cursor, lines[0], lines[-1]
    head = hash_head(place.head[: min(HEAD_BYTES, last.end)])
    digest = hashlib.sha256(f"{cursor.device}:{cursor.inode}:{head}:{cursor.generation}:{first.start}:".encode())
    for line in lines:
        digest.update(line.raw + b"\n")
    return digest.hexdigest()[:32]
