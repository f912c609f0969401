"""Runs a file of events through the desk, and sums up what it did.

Time is that of the lines: before each of them everything that is due by then is done, in its order, and
after the last one the clock runs on for ten days. A site is watched for silence from its first heartbeat
until the last line.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from collector.replay.lines import Heard, Line, Maintenance, Resolve
from collector.replay.past import Life, Seen, Solved
from collector.settings.model import Rules
from collector.tickets.desk.acts import resolve_live
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.memory import MemoryBooks
from collector.tickets.desk.model import NoticeKind, Window
from collector.tickets.desk.port import About
from collector.tickets.desk.silence import Host, heard, missed
from collector.tickets.model import Case, Disposition, Signal, Ticket
from wire.fingerprint import ticket_fingerprint

RUN_ON: Final = timedelta(days=10)


@dataclass
class Counts:
    """What came."""

    events: int = 0
    duplicates: int = 0
    suppressed: int = 0


class Replay:
    """One file on one simulated clock."""

    def __init__(self, rules: Rules) -> None:
        self.books = MemoryBooks()
        self.books.watched = lambda: len(self._heard_at)
        self.desk = Desk(self.books, rules)
        self.counts = Counts()
        self._rules = rules
        self._seen: set[tuple[str, str]] = set()
        self._heard_at: dict[str, datetime] = {}
        self._silences: list[tuple[datetime, str]] = []
        self._now: datetime | None = None

    def run(self, lines: Iterable[Line | Seen | Life | Solved]) -> None:
        """Everything, and ten days more."""
        for line in lines:
            self._pass_time(line.at)
            self._now = line.at
            self._take(line)
        if self._now is not None:
            self._pass_time(self._now, is_last=True)
            self._silences.clear()
            self.desk.pass_time(self._now + RUN_ON)

    def _take(self, line: Line | Seen | Life | Solved) -> None:
        if isinstance(line, Resolve):
            resolve_live(self.desk, self._named(line), line.at, line.fixed_in)
        elif isinstance(line, Maintenance):
            self.desk.add_window(line.site, Window(line.since, line.until), line.at)
        elif isinstance(line, Heard):
            self._hear(line)
        else:
            self._take_past(line)

    def _take_past(self, line: Seen | Life | Solved) -> None:
        if isinstance(line, Solved):
            resolve_live(self.desk, [line.key], line.at, line.fixed_in)
        elif isinstance(line, Life):
            host = Host(line.site, line.host)
            if line.is_heard:
                heard(self.desk, host, line.at)
            else:
                missed(self.desk, [host], line.at)
        else:
            self.counts.events += line.is_event
            decision = self.desk.signal(line.about, line.signal)
            self.counts.suppressed += decision.disposition is Disposition.SUPPRESSED

    def _hear(self, line: Heard) -> None:
        self.counts.events += 1
        if line.id is not None:
            if (line.site, line.id) in self._seen:
                self.counts.duplicates += 1
                return
            self._seen.add((line.site, line.id))
        if line.status == "heartbeat" or line.site in self._heard_at:
            self._alive(line.site, line.at)
        if line.status != "heartbeat":
            decision = self.desk.signal(*_signal_of(line))
            self.counts.suppressed += decision.disposition is Disposition.SUPPRESSED

    def _alive(self, site: str, at: datetime) -> None:
        self._heard_at[site] = at
        heapq.heappush(self._silences, (at + timedelta(seconds=self._rules.silent_after_s), site))
        heard(self.desk, Host(site, site), at)

    def _pass_time(self, now: datetime, *, is_last: bool = False) -> None:
        """What is due by now, silences in between at their own instant."""
        while self._silences and (self._silences[0][0] <= now if is_last else self._silences[0][0] < now):
            at = self._silences[0][0]
            gone = [Host(site, site) for site in self._fallen_silent(at)]
            self.desk.pass_time(at)
            if gone:
                missed(self.desk, gone, at)
        self.desk.pass_time(now)

    def _fallen_silent(self, at: datetime) -> Iterator[str]:
        while self._silences and self._silences[0][0] == at:
            _, site = heapq.heappop(self._silences)
            if self._heard_at[site] + timedelta(seconds=self._rules.silent_after_s) == at:
                yield site

    def _named(self, line: Resolve) -> list[str]:
        return [
            key
            for key, about in self.books.abouts.items()
            if (about.site, about.module, about.code) == (line.site, line.module, line.code)
        ]

    def summary(self) -> dict[str, Any]:
        """What `replay --json` prints."""
        notices = self.books.notices
        return {
            "events": self.counts.events,
            "duplicates": self.counts.duplicates,
            "transient": sum(case.alert.transient_count for case in self.books.cases.values() if case.alert),
            "tickets": [self._ticket(number) for number in sorted(self.books.tickets)],
            "problems": list(self._problems()),
            "notices": {kind.value: sum(notice.kind is kind for notice in notices) for kind in NoticeKind},
            "suppressed": self.counts.suppressed,
        }

    def _ticket(self, number: int) -> dict[str, Any]:
        about, ticket = self._found(number)
        return {
            "number": number,
            "site": about.site,
            "module": about.module,
            "code": about.code,
            "kind": ticket.kind,
            "level": ticket.level,
            "status": ticket.status.value,
            "occurrences": ticket.count,
            "reopen_count": ticket.reopen_count,
            "recurrence_of": ticket.recurrence_of,
            "regressed": ticket.regressed,
            "parent": ticket.parent,
            "problem": ticket.problem,
            "opened_at": ticket.opened_at.isoformat(),
            "clock_start_at": ticket.clock_start_at.isoformat(),
        }

    def _found(self, number: int) -> tuple[About, Ticket]:
        key = self.books.tickets[number]
        case: Case = self.books.ended.get(number) or self.books.cases[key]
        if case.ticket is None:
            raise LookupError(f"ticket {number} is not in the books")
        return self.books.abouts[key], case.ticket

    def _problems(self) -> Iterator[dict[str, Any]]:
        for (module, code), kept in sorted(self.books.codes().items()):
            if kept.problem is not None:
                problem = kept.problem
                yield {
                    "module": module,
                    "code": code,
                    "state": problem.state.value,
                    "sites": sorted(problem.sites),
                    "since": problem.since.isoformat(),
                }


def _signal_of(line: Heard) -> tuple[About, Signal]:
    module, code = line.module or "", line.code or ""
    identity = {} if line.instance is None else {"instance": line.instance}
    key = ticket_fingerprint(line.site, module, code, identity)
    signal = Signal(
        firing=line.status == "firing",
        level=line.level or 4,
        count=1,
        received_at=line.at,
        occurred_at=line.occurred_at or line.at,
        clearable=not line.stateless,
        version=line.version,
    )
    return About(key, line.site, module, code, "fault"), signal
