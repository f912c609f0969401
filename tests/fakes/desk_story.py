"""Stories at the desk: faults of several sites through time, told in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from collector.settings.model import Rules
from collector.tickets.alert_state import AlertState
from collector.tickets.desk.acts import resolve_live
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.memory import MemoryBooks
from collector.tickets.desk.model import NoticeKind, Window
from collector.tickets.desk.port import About
from collector.tickets.desk.silence import Host, heard, missed
from collector.tickets.model import Alert, Disposition, Signal, Ticket
from wire.fingerprint import ticket_fingerprint

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
HOUR = 3_600
DAY = 86_400


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def about(code: str = "C", site: str = "a", module: str = "M") -> About:
    return About(ticket_fingerprint(site, module, code, {}), site, module, code, "fault")


class DeskStory:
    """One desk over books in memory. Before each act everything that is due by then is done."""

    def __init__(self, rules: Rules | None = None, depends_on: Mapping[str, Sequence[str]] | None = None) -> None:
        self.books = MemoryBooks(depends_on)
        self.desk = Desk(self.books, rules or Rules())
        self.sites = 100
        self.books.watched = lambda: self.sites

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
        return self.desk.signal(about(code, site, module), signal).disposition

    def ok(self, seconds: float, code: str = "C", *, site: str = "a", module: str = "M") -> None:
        self.time(seconds)
        signal = Signal(False, 4, 1, at(seconds), at(seconds), clearable=True)
        self.desk.signal(about(code, site, module), signal)

    def time(self, seconds: float) -> None:
        self.desk.pass_time(at(seconds))

    def window(self, since: float, until: float, site: str = "a") -> None:
        self.desk.add_window(site, Window(at(since), at(until)), at(since))

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
