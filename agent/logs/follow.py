"""One source: which files it has, which of them is which, and where each stands.

Files are known by device and inode. Each turn looks at the paths of the source first, then reads:

1. A path whose file is open already: read on. A file that has another name now keeps its descriptor.
2. An open file that no path of the source leads to any more was rotated: it is read to its end before its
   successor, and closed after a while of quiet (`shelf.py` says what becomes of it).
3. A path with a file that is not known: from its beginning. At the source's first start: from its end, or
   its beginning as history, as the settings say.
4. When a rotation is noticed, files beside the log that have a rotated name, compressed or not, are not
   known, and are no older than the rotated one came and went between two looks: they are read too.
5. A file that was cut is read from its new beginning; the copy that `copytruncate` made, if there is one,
   is read from where we were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from agent.followed import Followed, followed
from agent.logs.cursor import Happened, Seen, begin, decide, is_copy, lengthen_head, restart
from agent.logs.gaps import shorter_gap, stopped_gap
from agent.logs.haul import Haul
from agent.logs.opened import OpenLog, Unpackable
from agent.logs.opening import NotReadable, open_seen
from agent.logs.paths import Found, Identity, Listing
from agent.logs.rotated import Rotated, found_again
from agent.logs.rules import SourceRules
from agent.logs.shelf import Shelf, is_away
from agent.logs.siblings import is_rotation_of
from agent.logs.starting import first_cursor
from agent.logs.tail import Step, Tail
from agent.spool.port import Cursor
from wire.messages import Gap, GapCause
from wire.sentence import Sentence, sentence

EVENTS_PER_TURN: Final = 2_000  # then the deposit comes first
QUIET: Final = timedelta(seconds=60)  # a rotated file is closed after so long without a new line
QUIET_UNLINKED: Final = timedelta(seconds=5)  # a deleted one sooner: we hold its disk space
OPEN_MAX: Final = 500
GONE: Final = "the file went away while it was not read; what was written after this byte is lost"


class Follower:
    """The files of one source; at most `open_max` of them are open at a time, and those that rest make room."""

    def __init__(self, rules: SourceRules, stored: Iterable[Cursor], *, is_first_start: bool) -> None:
        self.rules = rules
        self.open_max = OPEN_MAX
        self._tails: dict[Identity, Tail] = {}
        self._listing = Listing(rules.source.path)
        self._shelf = Shelf(rules.source.path, stored)
        self._rotated = Rotated(self._shelf, self._tails.__contains__)
        self._stored: dict[Identity, Cursor] = dict(self._shelf.cursors)
        self._is_first_start = is_first_start
        self._unread_at_start: set[Identity] = set()  # were there first, but could not be opened
        self._at_rest: dict[Identity, tuple[int, int]] = {}  # size and time of the last write of files that made room
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
            elif tail.is_rotated and tail.identity in self._tails:
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

    def states(self) -> list[Followed]:
        """Each followed file with its position, and what is wrong with it or with a path that cannot be read."""
        states = [
            tail.state
            for tail in self._tails.values()
            if not tail.is_rotated and tail.cursor.path not in self._problems
        ]
        return states + [followed(path, 0, why) for path, why in self._problems.items()]

    def close(self) -> None:
        """Give all descriptors back."""
        for tail in self._tails.values():
            tail.close()
        self._tails.clear()

    # ------------------------------------------------------------ looking

    def _look(self, haul: Haul, now: datetime) -> None:
        found = self._listing.look(now)
        self._problems = found.problems
        has_rotated = self._match_open(found)
        heads = [*self._shelf.cursors.values(), *(tail.cursor for tail in self._tails.values())]
        self._visit_shelf(found, heads, haul, now)
        unknown = [identity for identity in found.files if self._is_unread(identity, found)]
        for identity in unknown:
            self._open(found.files[identity], identity, heads, haul, now)
        if has_rotated or unknown:
            self._find_missed({tail.cursor.path for tail in self._tails.values()}, heads, now)
        for tail in self._tails.values():
            self._newest[tail.cursor.path] = max(self._newest.get(tail.cursor.path, 0), tail.mtime_ns)
        if self._is_first_start:
            self._unread_at_start = found.files.keys() - self._tails.keys()
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

    def _is_unread(self, identity: Identity, found: Found) -> bool:
        """Whether this file has to be opened: it is not, and was written to since it made room for others."""
        return identity not in self._tails and self._at_rest.get(identity) != found.written[identity]

    def _visit_shelf(self, found: Found, heads: list[Cursor], haul: Haul, now: datetime) -> None:
        visit = self._shelf.visit(found.files, now)
        haul.forgotten += visit.forgotten
        for path, mtime_ns in visit.written:
            self._newest[path] = max(self._newest.get(path, 0), mtime_ns)
        for log, cursor in visit.grown:
            self._start(log, cursor, now).is_rotated = True
        for log, cursor, seen in visit.cut:
            if any(is_copy(seen, other) for other in heads):  # a copy that got the inode of a deleted file
                log.close()
                haul.forgotten.append(cursor)
                visit.lost += [cursor] if self._shelf.has_rest(cursor) else []
                continue
            self._start(log, self._cut_while_closed(cursor, seen, haul, now), now).is_rotated = True
        for cursor in visit.lost:
            gap = stopped_gap(GapCause.ROTATED, cursor, now, GONE)
            self._recover(cursor, gap, haul, now)

    def _find_missed(self, paths: set[str], heads: list[Cursor], now: datetime) -> None:
        for path in paths & self._newest.keys():
            for log, seen in self._rotated.missed(path, self._newest[path], heads):
                self._start(log, begin(self.rules.source.name, path, seen), now).is_rotated = True

    # ------------------------------------------------------------ opening and closing

    def _open(self, path: str, identity: Identity, heads: list[Cursor], haul: Haul, now: datetime) -> None:
        if len(self._tails) >= self.open_max and not self._make_room():
            return  # every open file has something to be read: this one's turn comes
        opened = self._try_open(path)
        if opened is None:
            return
        log, seen = opened
        if (seen.device, seen.inode) in self._tails:
            log.close()
            return
        cursor = self._shelf.take((seen.device, seen.inode), seen.head)
        if cursor is None:
            if any(is_rotation_of(path, other.path) and is_copy(seen, other) for other in heads):
                log.close()  # copytruncate is at work: read it, if at all, when its original is cut
                return
            is_first = self._is_first_start or identity in self._unread_at_start
            cursor = first_cursor(self.rules, path, log, seen, is_first_start=is_first)
        elif decide(cursor, seen) is Happened.TRUNCATED:
            cursor = self._cut_while_closed(replace(cursor, path=path), seen, haul, now)
        else:
            haul.forgotten += [cursor] if cursor.device != seen.device else []
            cursor = lengthen_head(replace(cursor, path=path), seen)
        self._start(log, cursor, now)

    def _make_room(self) -> bool:
        """Close the file that has rested longest; whether there was one."""
        resting = [tail for tail in self._tails.values() if tail.rests_at and not tail.is_rotated]
        tail = min(resting, key=lambda tail: tail.grown_at, default=None)
        if tail is None or tail.rests_at is None:
            return False
        self._at_rest[tail.identity] = tail.rests_at  # what was written since then opens it again
        self._close(tail)
        return True

    def _cut_while_closed(self, cursor: Cursor, seen: Seen, haul: Haul, now: datetime) -> Cursor:
        detail = "the file was cut or replaced while it was not read; what was unread is lost"
        self._recover(cursor, stopped_gap(GapCause.TRUNCATED, cursor, now, detail), haul, now)
        return restart(cursor, seen)

    def _try_open(self, path: str) -> tuple[OpenLog, Seen] | None:
        try:
            return open_seen(path)
        except NotReadable as refusal:
            self._problems[path] = refusal.why
            self._make_room()  # it may be that the process has no descriptor left
        except FileNotFoundError:
            pass  # rotated this moment; the next turn looks again
        return None

    def _start(self, log: OpenLog, cursor: Cursor, now: datetime) -> Tail:
        tail = Tail(log, self.rules, cursor, now)
        self._tails[tail.identity] = tail
        self._at_rest.pop(tail.identity, None)
        self._unread_at_start.discard(tail.identity)
        return tail

    def _step(self, tail: Tail, haul: Haul, now: datetime) -> Step:
        try:
            step = tail.step(now)
        except Unpackable as damage:
            haul.gaps.append(stopped_gap(GapCause.UNREADABLE, tail.cursor, now, str(damage.strerror)))
            tail.cursor = found_again(tail.cursor) or tail.cursor  # it was read as far as that goes
            self._close(tail)
            return Step()
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
        away = is_away(tail.cursor)
        quiet = QUIET_UNLINKED if away or tail.is_unlinked() else QUIET
        if tail.log.will_grow() and now - tail.grown_at < quiet:
            return
        if away:
            self._close(tail)  # with its file system: it goes on where it stands when that comes back
            return
        haul.add(tail.finish(now))
        left = found_again(tail.cursor)
        if left:
            tail.cursor = left
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
        """Read the unread rest of a file that was cut or went away from a copy of it, if there is one."""
        copy = self._rotated.copy_of(cut)
        if copy is None:
            haul.gaps.append(gap)
            return
        log, seen = copy
        if log.will_grow() or gap.cause is GapCause.TRUNCATED:
            haul.gaps.append(shorter_gap(gap, log.expected_bytes()))
        cursor = begin(cut.source, cut.path, seen, cut.position)
        cursor = replace(cursor, line_number=cut.line_number, history_until=cut.history_until)
        tail = self._start(log, cursor, now)
        tail.is_rotated = True
        self._newest[cut.path] = max(self._newest.get(cut.path, 0), tail.mtime_ns)
