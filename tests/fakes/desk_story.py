"""Stories at the desk: faults of several sites through time, told in seconds."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.settings.model import Rules
from collector.tickets.alert_state import AlertState
from collector.tickets.desk.acts import resolve_live
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.holding import add_silence
from collector.tickets.desk.joining import merge
from collector.tickets.desk.memory import MemoryBooks
from collector.tickets.desk.model import NoticeKind, Silence, Window
from collector.tickets.desk.port import About
from collector.tickets.desk.silence import Host, heard, missed
from collector.tickets.model import Alert, Case, Decision, Disposition, Signal, Ticket
from wire.fingerprint import ticket_fingerprint
from wire.messages import Event, TimeOrigin

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
HOUR = 3_600
DAY = 86_400


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def about(code: str = "C", site: str = "a", module: str = "M") -> About:
    return About(ticket_fingerprint(site, module, code, {}), site, module, code, "fault")


def event_of(code: str, when: datetime, level: int = 1, **other: Any) -> Event:
    """A firing event of a code that no catalogue knows."""
    return Event(
        event_id=secrets.token_hex(16),
        product="clinic",
        catalogue_version="1",
        module="M",
        code=code,
        level=level,
        occurred_at=when,
        occurred_from=TimeOrigin.READ,
        first_at=when,
        last_at=when,
        **other,
    )


class DeskStory:
    """One desk over books in memory. Before each act everything that is due by then is done."""

    def __init__(self, rules: Rules | None = None, depends_on: Mapping[str, Sequence[str]] | None = None) -> None:
        self.books = MemoryBooks(depends_on)
        self.desk = Desk(self.books, rules or Rules())
        self.sites = 100
        self.silenced = 0
        self.books.watched = lambda: self.sites
        self.fired = 0
        self.transient = 0  # occurrences that went away within their open delay
        self.tally()

    def tally(self) -> None:
        """Count from now on what goes away within its open delay."""
        books = self.desk.books
        keep = books.keep

        def counting(about: About, decision: Decision) -> Case:
            alert = books.case(about.key).alert
            if decision.waiting is Disposition.TRANSIENT and alert is not None:
                self.transient += alert.waiting_count
            return keep(about, decision)

        books.keep = counting  # type: ignore[method-assign]

    def fire(
        self,
        seconds: float,
        code: str = "C",
        *,
        site: str = "a",
        module: str = "M",
        level: int = 1,
        version: str | None = None,
        occurred: float | None = None,
    ) -> Disposition | None:
        self.time(seconds)
        when = at(seconds if occurred is None else occurred)
        signal = Signal(True, level, 1, at(seconds), when, clearable=True, version=version)
        self.fired += 1
        return self.desk.signal(about(code, site, module), signal).disposition

    def ok(self, seconds: float, code: str = "C", *, site: str = "a", module: str = "M") -> None:
        self.time(seconds)
        signal = Signal(False, 4, 1, at(seconds), at(seconds), clearable=True)
        self.desk.signal(about(code, site, module), signal)

    def time(self, seconds: float) -> None:
        self.desk.pass_time(at(seconds))

    def window(self, since: float, until: float, site: str = "a") -> None:
        self.desk.add_window(site, Window(at(since), at(until)), at(since))

    def silence(self, since: float, until: float, **scope: str) -> None:
        self.time(since)
        self.silenced += 1
        add_silence(self.desk, Silence(self.silenced, at(until), **(scope or {"site": "a"})))

    def merge(self, seconds: float, code: str, into: str, *, site: str = "a") -> None:
        self.time(seconds)
        if self.is_live(code, site) and self.is_live(into, site):
            merge(self.desk, about(code, site).key, about(into, site).key, at(seconds))

    def resolve(self, seconds: float, code: str = "C", *, site: str = "a", fixed_in: str | None = None) -> int:
        self.time(seconds)
        return resolve_live(self.desk, [about(code, site).key], at(seconds), fixed_in)

    def missed(self, seconds: float, *sites: str) -> None:
        self.time(seconds)
        missed(self.desk, [Host(site, site) for site in sites], at(seconds))

    def heard(self, seconds: float, *sites: str) -> None:
        self.time(seconds)
        for site in sites:
            heard(self.desk, Host(site, site), at(seconds))

    def is_live(self, code: str, site: str = "a") -> bool:
        return self.desk.books.case(about(code, site).key).live is not None

    def ledger(self) -> list[tuple[str, str, int]]:
        return [(line.hold, line.end.value, line.count) for line in self.books.ledger]

    def counts(self) -> list[tuple[str, int]]:
        return [(ticket.kind, ticket.count) for ticket in self.tickets()]

    def tickets(self, kind: str | None = None) -> list[Ticket]:
        """Every ticket as it was left, by number."""
        found = [self.books.ended.get(number) or self.books.cases[key] for number, key in self.books.tickets.items()]
        tickets = [case.ticket for case in found if case.ticket is not None]
        return [ticket for ticket in tickets if kind in {None, ticket.kind}]

    def ticket(self, code: str = "C", site: str = "a", module: str = "M") -> Ticket:
        ticket = self.books.case(about(code, site, module).key).ticket
        assert ticket is not None
        return ticket

    def has_ticket(self, code: str = "C", site: str = "a", module: str = "M") -> bool:
        return self.books.case(about(code, site, module).key).ticket is not None

    def alert(self, code: str = "C", site: str = "a", module: str = "M") -> Alert:
        alert = self.books.case(about(code, site, module).key).alert
        assert alert is not None
        return alert

    def state(self, code: str = "C", site: str = "a") -> AlertState:
        return self.alert(code, site).state

    def told(self, kind: NoticeKind) -> int:
        return sum(notice.kind is kind for notice in self.books.notices)
