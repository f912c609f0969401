"""All log sources of the agent, read fairly, deposited together with their positions.

The agent's loop calls `turn` when it is woken, or when the time that the last turn asked for has passed.
A turn gives every source one step and deposits what came of it in one commit a source. When the spool
is full the deposit waits, that source reads nothing more, and every later turn tries again: nothing
moves that is not stored.

A source whose file system does not answer is left to the thread that got stuck in it (`hands.py`). It
is not touched until that thread comes back, nor is any other source on that file server; `problems` says
so, and the others go on.

Where notices come, the safety net may be wide: looking at twenty files each second is most of what an idle agent
costs. Notices are believed until a look finds something that none has told of (a link into another folder, a
file that is written through memory); then it is looked each second for an hour.
"""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.followed import Followed, followed
from agent.logs.hands import Hands
from agent.logs.mounts import Mount, find_mount, read_mounts
from agent.logs.reading import POLL_S, Reading
from agent.logs.watch import Watch
from agent.settings.model import Source
from agent.spool.port import Intake
from wire.sentence import sentence

DESCRIPTORS_KEPT: Final = 64  # for the spool, the network, the settings and the notices
OPEN_MAX: Final = 500  # log files of one source
REST_S: Final = 5.0  # between two looks where notices tell of what is written
DOUBT: Final = timedelta(hours=1)  # after something was written that no notice had told of


@dataclass
class _Place:
    """One source, and whether a thread is in it."""

    reading: Reading
    is_busy: bool = False
    is_stuck: bool = False  # so long that nobody waits for it any more
    is_dropped: bool = False
    next_source: Source | None = None  # settings that came while it was busy
    since: datetime | None = None  # when it was last begun


class LogReader:
    """Reads every source. One thread takes the turns; others may reload it and ask for problems."""

    def __init__(
        self,
        sources: Iterable[Source],
        intake: Intake,
        watch: Watch | None = None,
        *,
        databases: Path | None = None,
        hands: Hands | None = None,
    ) -> None:
        """`databases` is where the scanner keeps what it compiled; without `hands` the caller may get stuck."""
        self._intake = intake
        self._watch = watch
        self._databases = databases
        self._hands = hands
        self._places: dict[str, _Place] = {}
        self._lock = threading.Lock()
        self._has_notices = False  # for every source
        self._doubted_until: datetime | None = None
        self._seen: list[list[Followed]] | None = None  # at the end of the last turn, if nothing was left to do then
        self.reload(sources)

    def reload(self, sources: Iterable[Source]) -> None:
        """Read these sources by their catalogues as they are now; every file goes on where it stands.

        A source whose rules or catalogue are broken keeps its old ones, and `problems` says so.
        """
        wanted = {source.name: source for source in sources}
        with self._lock:
            for gone in self._places.keys() - wanted.keys():
                self._drop(gone)
            open_max = descriptors_each(resource.getrlimit(resource.RLIMIT_NOFILE)[0], len(wanted))
            for source in wanted.values():
                place = self._places.get(source.name)
                if place is None:
                    place = _Place(Reading(source, self._intake, self._databases))
                    self._places = {**self._places, source.name: place}
                place.reading.open_max = open_max
                place.next_source = source
                self._go_on(place, lambda place=place: self._take_settings(place))  # type: ignore[misc]  # bound now
            self._watch_directories()
            self._seen = None

    def turn(self, now: datetime) -> float:
        """Read what is there, deposit it; seconds until it wants to be called again (0: there is more)."""
        with self._lock:
            is_told = self._watch is not None and self._watch.take_notice()
            if self._watch and self._watch.problem:
                self._watch_directories()  # a directory that was missing may be there now
            mounts = read_mounts() if any(place.is_stuck for place in self._places.values()) else []
            dead = {_server_of(place, mounts) for place in self._places.values() if place.is_stuck} - {None}
            waits = [
                self._turn_one(place, now)
                for place in self._places.values()
                if not place.is_busy and (not dead or _server_of(place, mounts) not in dead)
            ]
            return self._wait(min(waits, default=POLL_S), now, is_told=is_told)

    def _wait(self, wait_s: float, now: datetime, *, is_told: bool) -> float:
        """How long to wait when the sources want `wait_s`: longer where notices can be relied on."""
        before, self._seen = self._seen, [place.reading.states for place in self._places.values()]
        has_changed = before != self._seen
        if has_changed and before is not None and not is_told:
            self._doubted_until = now + DOUBT
        if wait_s < POLL_S:
            self._seen = None
        is_doubted = self._doubted_until is not None and now < self._doubted_until
        return REST_S if wait_s == POLL_S and self._has_notices and not (has_changed or is_doubted) else wait_s

    def problems(self) -> list[Followed]:
        """Every followed file with its position; `problem` is empty where all is well. Never waits for a file."""
        states: list[Followed] = []
        for place in self._places.values():
            states += [_stuck_state(place)] if place.is_stuck else place.reading.states
        if self._watch and self._watch.problem:
            states.append(followed("inotify", 0, self._watch.problem))
        return states

    def catalogues(self) -> dict[str, str]:
        """Product -> version of every catalogue in use."""
        followers = [place.reading.follower for place in self._places.values()]
        used = [follower.rules.scanner.catalogue for follower in followers if follower]
        return {catalogue.product: catalogue.version for catalogue in used}

    def close(self) -> None:
        """Store the positions that only moved, and give every file back."""
        with self._lock:
            for name in list(self._places):
                self._drop(name)
            if self._hands:
                self._hands.close()
        if self._watch:
            self._watch.close()

    def _watch_directories(self) -> None:
        """Notices of folders on this machine; those of a file server it could not give, and asking may hang."""
        if self._watch:
            mounts = read_mounts()
            places = [place for place in self._places.values() if _server_of(place, mounts) is None]
            paths = [place.reading.source.path for place in places if place.reading.source.journal is None]
            self._watch.watch({str(Path(path).parent) for path in paths})
            self._has_notices = len(paths) == len(self._places) and self._watch.problem is None

    def _turn_one(self, place: _Place, now: datetime) -> float:
        waits: list[float] = []
        place.since = now

        def turn() -> None:
            self._take_settings(place)
            waits.append(place.reading.turn(now))

        self._go_on(place, turn)
        return waits[0] if waits else POLL_S

    def _take_settings(self, place: _Place) -> None:
        source, place.next_source = place.next_source, None
        if source is not None:
            place.reading.reload(source)

    def _go_on(self, place: _Place, task: Callable[[], None]) -> None:
        """Let `task` work on this source, unless a thread is in it already."""
        if place.is_busy:
            return
        place.is_busy, place.is_stuck = True, False

        def work() -> None:
            try:
                task()
            finally:
                place.is_busy = place.is_stuck = False
                if place.is_dropped:
                    place.reading.end()

        if self._hands is None:
            work()
        elif self._hands.is_exhausted:
            place.is_busy = False
        elif not self._hands.do(work):
            place.is_stuck = place.is_busy  # false when it came back this moment

    def _drop(self, name: str) -> None:
        place = self._places[name]
        self._places = {key: other for key, other in self._places.items() if key != name}
        place.is_dropped = True
        self._go_on(place, lambda: None)


def descriptors_each(limit: int, sources: int) -> int:
    """How many files each source may hold open, of the process's limit of descriptors.

    >>> [descriptors_each(limit, sources) for limit, sources in ((1024, 1), (1024, 20), (32, 1), (32, 20))]
    [500, 48, 8, 1]
    """
    free = limit - min(DESCRIPTORS_KEPT, limit * 3 // 4)
    return max(1, min(OPEN_MAX, free // max(1, sources)))


def _server_of(place: _Place, mounts: list[Mount]) -> Mount | None:
    """The file server's mount that a source lies on; None for a disk of this machine."""
    mount = find_mount(place.reading.source.path, mounts)
    return mount if mount is not None and mount.is_remote else None


def _stuck_state(place: _Place) -> Followed:
    since = place.since.isoformat(timespec="seconds") if place.since else ""
    problem = sentence("its file system has not answered since {since}; nothing is read from it", since=since)
    return followed(place.reading.source.path or "journal", 0, problem)
