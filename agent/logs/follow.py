"""One source: which files it has, which of them is which, and where each stands.

Files are known by device and inode. Each turn looks at the paths of the source first, then reads:

1. A path whose file is open already: read on. A file that has another name now keeps its descriptor.
2. An open file that no path of the source leads to any more was rotated: it is read to its end before its
   successor, and closed after a while of quiet (`shelf.py` says what becomes of it).
3. A path with a file that is not known: from its beginning. At the source's first start: from its end, or
   its beginning as history, as the settings say.
4. When a rotation is noticed, files beside the log that have a rotated name, are not known, and are
   no older than the rotated one came and went between two looks: they are read too.
5. A file that was cut is read from its new beginning; the copy that `copytruncate` made, if there is one,
   is read from where we were.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.logs.cursor import Happened, Seen, begin, decide, is_copy, lengthen_head, restart
from agent.logs.gaps import shorter_gap, stopped_gap
from agent.logs.opening import NotReadable, open_seen
from agent.logs.paths import Found, Identity, find_files
from agent.logs.rules import SourceRules
from agent.logs.shelf import Shelf
from agent.logs.siblings import Sibling, is_rotation_of, list_rotations, list_siblings
from agent.logs.starting import first_cursor
from agent.logs.tail import Step, Tail
from agent.spool.port import Cursor
from wire.messages import Event, Gap, GapCause, SourceState
from wire.sentence import Sentence, sentence

EVENTS_PER_TURN: Final = 2_000  # then the deposit comes first
QUIET: Final = timedelta(seconds=60)  # a rotated file is closed after so long without a new line
QUIET_UNLINKED: Final = timedelta(seconds=5)  # a deleted one sooner: we hold its disk space


@dataclass
class Haul:
    """What one turn of a source yielded. `more` says that there is more to read at once."""

    events: list[Event] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    forgotten: list[Cursor] = field(default_factory=list)
    more: bool = False

    def add(self, step: Step) -> None:
        """Append one file's step."""
        self.events += step.events
        self.gaps += step.gaps
        self.more = self.more or step.more


class Follower:
    """The files of one source."""

    def __init__(self, rules: SourceRules, stored: Iterable[Cursor], *, is_first_start: bool) -> None:
        self.rules = rules
        self._tails: dict[Identity, Tail] = {}
        self._shelf = Shelf(rules.source.path, stored)
        self._stored: dict[Identity, Cursor] = dict(self._shelf.cursors)
        self._is_first_start = is_first_start
        self._newest: dict[str, int] = {}  # path -> when the newest file that we know of it was written, ns
        self._problems: dict[str, Sentence] = {}

    def turn(self, now: datetime) -> Haul:
        """Look, and read at most one chunk of each file."""
        haul = Haul()
        self._look(haul, now)
        busy: set[str] = set()
        for tail in sorted(self._tails.values(), key=lambda tail: (not tail.is_rotated, tail.mtime_ns)):
            if tail.cursor.path in busy and not tail.is_rotated:
                continue  # its predecessor comes first
            if len(haul.events) >= EVENTS_PER_TURN:
                haul.more = True
                break
            step = self._step(tail, haul, now)
            if step.more:
                busy.add(tail.cursor.path)
            elif tail.is_rotated:
                self._retire(tail, haul, now)
        return haul

    # ------------------------------------------------------------ for the reader

    def moved(self) -> list[Cursor]:
        """Cursors that differ from what is stored."""
        cursors = {**self._shelf.cursors, **{tail.identity: tail.cursor for tail in self._tails.values()}}
        return [cursor for identity, cursor in cursors.items() if self._stored.get(identity) != cursor]

    def has_unknown(self) -> bool:
        """Whether a file is read of which nothing is stored yet."""
        return any(identity not in self._stored for identity in self._tails)

    def stored(self, cursors: Sequence[Cursor], forgotten: Sequence[Cursor]) -> None:
        """A deposit with these was stored."""
        for cursor in forgotten:
            self._stored.pop((cursor.device, cursor.inode), None)
        self._stored.update({(cursor.device, cursor.inode): cursor for cursor in cursors})

    def silence_left(self, now: datetime) -> timedelta | None:
        """Until the first pending record ends by silence."""
        left = [wait for tail in self._tails.values() if (wait := tail.silence_left(now)) is not None]
        return min(left, default=None)

    def change_rules(self, rules: SourceRules) -> None:
        """Go on by new rules from where each file stands."""
        self.rules = rules
        for tail in self._tails.values():
            tail.change_rules(rules)

    def states(self) -> list[SourceState]:
        """Each followed file with its position, and what is wrong with it or with a path that cannot be read."""
        states = [
            SourceState(path=tail.cursor.path, position=tail.cursor.position, problem=self._note(tail))
            for tail in self._tails.values()
            if not tail.is_rotated and tail.cursor.path not in self._problems
        ]
        return states + [SourceState(path=path, position=0, problem=str(why)) for path, why in self._problems.items()]

    def close(self) -> None:
        """Give all descriptors back."""
        for tail in self._tails.values():
            tail.close()
        self._tails.clear()

    def _note(self, tail: Tail) -> str:
        if not tail.undecodable:
            return ""
        name = self.rules.source.encoding
        return str(sentence("{count} bytes are not {encoding}; is that right?", count=tail.undecodable, encoding=name))

    # ------------------------------------------------------------ looking

    def _look(self, haul: Haul, now: datetime) -> None:
        found = find_files(self.rules.source.path)
        self._problems = found.problems
        has_rotated = self._match_open(found)
        heads = [*self._shelf.cursors.values(), *(tail.cursor for tail in self._tails.values())]
        visit = self._shelf.visit(found.files, now)
        haul.gaps += visit.gaps
        haul.forgotten += visit.forgotten
        for descriptor, cursor in visit.grown:
            self._start(descriptor, cursor, now).is_rotated = True
        for descriptor, cursor, seen in visit.cut:
            if any(is_copy(seen, other) for other in heads):  # a copy that got the inode of a deleted file
                os.close(descriptor)
                haul.forgotten.append(cursor)
                haul.gaps += self._shelf.loss_of(cursor, now)
                continue
            self._start(descriptor, self._cut_while_closed(cursor, seen, haul, now), now).is_rotated = True
        for path, mtime_ns in visit.written:
            self._newest[path] = max(self._newest.get(path, 0), mtime_ns)
        unknown = [path for identity, path in found.files.items() if identity not in self._tails]
        for path in unknown:
            self._open(path, heads, haul, now)
        if has_rotated or unknown:
            self._find_missed({tail.cursor.path for tail in self._tails.values()}, heads, now)
        for tail in self._tails.values():
            self._newest[tail.cursor.path] = max(self._newest.get(tail.cursor.path, 0), tail.mtime_ns)
        self._is_first_start = False

    def _match_open(self, found: Found) -> bool:
        """Note new names and rotations of open files; whether one was rotated since the last look."""
        has_rotated = False
        for identity, tail in self._tails.items():
            path = found.files.get(identity)
            has_rotated = has_rotated or (path is None and not tail.is_rotated)
            tail.is_rotated = path is None
            if path is not None and path != tail.cursor.path:
                tail.cursor = replace(tail.cursor, path=path)
        return has_rotated

    def _find_missed(self, paths: set[str], heads: list[Cursor], now: datetime) -> None:
        """Files that were made and rotated between two looks: unknown, and no older than what we know."""
        for path in paths & self._newest.keys():
            for file in list_rotations(path):
                opened = self._try_open_unknown(file) if file.mtime_ns >= self._newest[path] else None
                if opened and not any(is_copy(opened[1], cursor) for cursor in heads):
                    cursor = begin(self.rules.source.name, path, opened[1])
                    self._start(opened[0], cursor, now).is_rotated = True
                elif opened:
                    os.close(opened[0])

    # ------------------------------------------------------------ opening and closing

    def _open(self, path: str, heads: list[Cursor], haul: Haul, now: datetime) -> None:
        opened = self._try_open(path)
        if opened is None:
            return
        descriptor, seen = opened
        if (seen.device, seen.inode) in self._tails:
            os.close(descriptor)
            return
        cursor = self._shelf.take((seen.device, seen.inode), seen.head)
        if cursor is None:
            if any(is_rotation_of(path, other.path) and is_copy(seen, other) for other in heads):
                os.close(descriptor)  # copytruncate is at work: read it, if at all, when its original is cut
                return
            cursor = first_cursor(self.rules, path, descriptor, seen, is_first_start=self._is_first_start)
        elif decide(cursor, seen) is Happened.TRUNCATED:
            cursor = self._cut_while_closed(replace(cursor, path=path), seen, haul, now)
        else:
            haul.forgotten += [cursor] if cursor.device != seen.device else []
            cursor = lengthen_head(replace(cursor, path=path), seen)
        self._start(descriptor, cursor, now)

    def _cut_while_closed(self, cursor: Cursor, seen: Seen, haul: Haul, now: datetime) -> Cursor:
        detail = "the file was cut or replaced while it was not read; what was unread is lost"
        self._recover(cursor, stopped_gap(GapCause.TRUNCATED, cursor, now, detail), haul, now)
        return restart(cursor, seen)

    def _try_open(self, path: str) -> tuple[int, Seen] | None:
        try:
            return open_seen(path)
        except NotReadable as refusal:
            self._problems[path] = refusal.why
        except FileNotFoundError:
            pass  # rotated this moment; the next turn looks again
        return None

    def _try_open_unknown(self, file: Sibling) -> tuple[int, Seen] | None:
        """Open a file unless it is one that we know; an inode that was ours may be another file's by now."""
        opened = None if file.identity in self._tails else self._try_open(file.path)
        if opened and self._shelf.knows(opened[1]):
            os.close(opened[0])
            return None
        return opened

    def _start(self, descriptor: int, cursor: Cursor, now: datetime) -> Tail:
        tail = Tail(descriptor, self.rules, cursor, now)
        self._tails[tail.identity] = tail
        return tail

    def _step(self, tail: Tail, haul: Haul, now: datetime) -> Step:
        try:
            step = tail.step(now)
        except OSError as error:
            self._problems[tail.cursor.path] = sentence("{reason}", reason=error.strerror or str(error))
            self._close(tail)
            return Step()
        if step.truncated:
            self._recover(step.truncated, step.gaps.pop(), haul, now)
        haul.add(step)
        return step

    def _retire(self, tail: Tail, haul: Haul, now: datetime) -> None:
        """Close a rotated file that has been quiet for long enough."""
        quiet = QUIET_UNLINKED if tail.is_unlinked() else QUIET
        if now - tail.grown_at < quiet:
            return
        haul.add(tail.finish(now))
        left = next(
            (file for file in list_siblings(Path(tail.cursor.path).parent) if file.identity == tail.identity), None
        )
        if left:
            tail.cursor = replace(tail.cursor, path=left.path)
            self._close(tail)
        else:
            haul.forgotten.append(tail.cursor)
            del self._tails[tail.identity]
            tail.close()

    def _close(self, tail: Tail) -> None:
        del self._tails[tail.identity]
        self._shelf.put(tail.cursor)
        tail.close()

    def _recover(self, cut: Cursor, gap: Gap, haul: Haul, now: datetime) -> None:
        """Read the unread rest of a file that was cut from the copy that was made of it, if there is one."""
        for file in reversed(list_rotations(cut.path)):
            opened = self._try_open_unknown(file)
            if opened is None:
                continue
            if is_copy(opened[1], cut):
                haul.gaps.append(shorter_gap(gap, opened[1].size))
                self._start_copy(opened, cut, now)
                return
            os.close(opened[0])
        haul.gaps.append(gap)

    def _start_copy(self, opened: tuple[int, Seen], cut: Cursor, now: datetime) -> None:
        descriptor, seen = opened
        cursor = begin(cut.source, cut.path, seen, cut.position)
        cursor = replace(cursor, line_number=cut.line_number, history_until=cut.history_until)
        self._start(descriptor, cursor, now).is_rotated = True
