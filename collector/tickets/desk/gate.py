"""Whether a fault may have a ticket of its own now: R4, R5, R7 and R12, pure.

Looked at in this order: a window that the customer agreed to, a person who silenced it, a site that nobody
hears, a patch that the site has put off, a fault of a module that it depends on, a storm that counts it, and
last the budgets. What the collector itself notices (a storm, silence, an overflow) passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.settings.model import Rules
from collector.tickets.desk.model import OVERFLOW_CODE, SITE_MODULE, Opened, Site
from collector.tickets.desk.port import About, Books
from collector.tickets.desk.silences import is_silenced
from collector.tickets.model import Admission, Hold
from wire.fingerprint import ticket_fingerprint

FAULT = "fault"


@dataclass(frozen=True)
class Gate:
    """The surroundings of one fingerprint."""

    books: Books
    rules: Rules
    about: About

    def admit(self, level: int, at: datetime) -> Admission:
        """What holds it back, or nothing."""
        if self.about.kind != FAULT:
            return Admission()
        site = self.books.site(self.about.site)
        hold = self._inhibition(site, level, at)
        if hold is not None:
            return Admission(hold)
        if site.storm is not None:
            return Admission(Hold.STORM, site.storm.key)
        if level > 1 and self._is_over_budget(site, at):
            return Admission(Hold.OVERFLOW, overflow_key(self.about.site))
        return Admission()

    def _inhibition(self, site: Site, level: int, at: datetime) -> Hold | None:
        if self._is_in_window(site, level, at):
            return Hold.WINDOW
        if is_silenced(self.books.fleet(), self.about, at):
            return Hold.SILENCED
        if site.is_silent:
            return Hold.SILENT
        if self._is_put_off(level, at):
            return Hold.KNOWN
        return Hold.UPSTREAM if self._is_downstream(at) else None

    def declared(self) -> tuple[str, ...]:
        """The product's versions in the vendor's order."""
        return self.books.declared(self.about.module)

    def has_room(self, level: int, at: datetime) -> bool:
        """Whether nothing but a budget could hold it back: otherwise there is no open delay to wait for."""
        site = self.books.site(self.about.site)
        return site.storm is None and self._inhibition(site, level, at) is None

    def is_open(self, level: int, at: datetime) -> bool:
        """Whether neither a window nor silence, the site's or a person's, holds it back."""
        site = self.books.site(self.about.site)
        if site.is_silent or self._is_in_window(site, level, at):
            return False
        return not is_silenced(self.books.fleet(), self.about, at)

    def _is_in_window(self, site: Site, level: int, at: datetime) -> bool:
        if level <= self.rules.break_through_level:
            return False
        return any(window.since <= at < window.until for window in site.windows)

    def _is_put_off(self, level: int, at: datetime) -> bool:
        """R4d: the site has deferred or declined the patch for it. What breaks through a window does so here."""
        if level <= self.rules.break_through_level:
            return False
        until = self.books.code(self.about.module, self.about.code).put_off.get(self.about.site)
        return until is not None and at < until

    def _is_downstream(self, at: datetime) -> bool:
        """R4b: a module that this one depends on fires, and began at most `upstream_window_s` from now."""
        upstream = self.books.upstream(self.about.module)
        if not upstream:
            return False
        oldest = at - timedelta(seconds=self.rules.upstream_window_s)
        for key in self.books.unsettled(self.about.site):
            if self.books.about(key).module in upstream:
                alert = self.books.case(key).alert
                if alert is not None and alert.first_firing_at is not None and alert.first_firing_at >= oldest:
                    return True
        return False

    def _is_over_budget(self, site: Site, at: datetime) -> bool:
        rules, of_all = self.rules, self.books.fleet().opened
        return (  # counting them can only make them fewer, and where thousands opened it costs
            len(site.opened) >= rules.site_tickets
            and self.spent(site.opened, at, rules.site_budget_s) >= rules.site_tickets
        ) or (
            len(of_all) >= rules.fleet_tickets
            and self.spent(of_all, at, rules.fleet_budget_s) >= rules.fleet_tickets
        )  # fmt: skip

    def spent(self, opened: Sequence[Opened], at: datetime, window_s: float) -> int:
        """How many tickets count; those of a code with a problem count as one."""
        faults = Counter((each.module, each.code) for each in within(opened, at, window_s))
        return sum(1 if self.books.code(*fault).problem else count for fault, count in faults.items())


def within(opened: Sequence[Opened], at: datetime, window_s: float) -> tuple[Opened, ...]:
    """Those that opened within the last `window_s` seconds; they stand in the order in which they opened.

    Only what is too old is looked at: a fault of the whole fleet asks this for each of its thousands of tickets.
    """
    oldest = at - timedelta(seconds=window_s)
    first = next((number for number, each in enumerate(opened) if each.at > oldest), len(opened))
    return tuple(opened[first:])


def overflow_key(site: str) -> str:
    """The fingerprint of a site's overflow."""
    return ticket_fingerprint(site, SITE_MODULE, OVERFLOW_CODE, {})
