"""The one way in: a signal, a heartbeat, a person's act, or time passing.

Each firing signal goes these steps:

1. if the fingerprint was ok, it is new at its site, which may begin a storm (`storms.py`);
2. its own rules judge it (`policy.py`); where they would open a ticket they ask the gate (`gate.py`);
3. what follows from that is done: the storm or overflow that counts it is told, the budgets are charged,
   the code's problem is looked at (`fleet.py`), people are told.

A clearing signal ends holds: of the fingerprint itself, of those downstream, of the storm that counted it.
Storms, overflows and silences are fingerprints of their own and pass through the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from msgspec.structs import replace as changed

from collector.settings.model import Rules
from collector.tickets.alert_state import AlertState
from collector.tickets.copying import replaced
from collector.tickets.desk import ledger, storms
from collector.tickets.desk.gate import FAULT, Gate
from collector.tickets.desk.model import (
    KIND_OVERFLOW,
    KIND_STORM,
    OVERFLOW_CODE,
    SITE_MODULE,
    STORM_CODE,
    Fleet,
    NoticeCause,
    NoticeKind,
    Site,
    Window,
)
from collector.tickets.desk.port import About, Books, DueKind
from collector.tickets.desk.silences import fleet_due
from collector.tickets.desk.tidings import Tidings
from collector.tickets.model import HOSTING, Case, ChangeKind, Decision, Hold, Signal, Ticket
from collector.tickets.policy import on_release, on_signal, on_taken_in, on_time
from collector.tickets.returning import is_late_evidence
from wire.fingerprint import ticket_fingerprint

ROUNDS_MAX = 1_000_000  # things due in one call; a loop that does not end is a defect


@dataclass(frozen=True)
class Desk:
    """The rules over some books."""

    books: Books
    rules: Rules

    @cached_property
    def tidings(self) -> Tidings:
        """What is told, charged and gathered."""
        return Tidings(self.books, self.rules)

    # ------------------------------------------------------------ in

    def signal(self, about: About, signal: Signal) -> Decision:
        """Judge one event."""
        speaker = self.books.speaker(about.key)
        if speaker != about.key:
            about = self.books.about(speaker)
        before = self.books.case(about.key)
        is_new = before.alert is None or before.alert.state is AlertState.OK
        if signal.firing:
            lag_s = (signal.received_at - signal.occurred_at).total_seconds()
            if lag_s > self.rules.buffered_after_s:  # R11, R13: it waited at the agent, not here
                signal = replace(signal, immediate=True)
            if is_new and self._counts_as_new(about, before, signal):
                self._note_new(about, signal)
            if about.kind == FAULT and not self._gate(about).has_room(signal.level, signal.received_at):
                signal = replace(signal, immediate=True)  # whatever holds it back counts it from its first event
        decision = on_signal(before, signal, self.rules, self._gate(about), about.kind)
        return self.follow(about, before, decision, signal.received_at)

    def pass_time(self, now: datetime) -> int:
        """Everything that is due by `now`, in its order; how much it was."""
        for done in range(ROUNDS_MAX):
            due = self.books.next_due(now)
            if due is None:
                return done
            if due.kind is DueKind.ALERT:
                self.pass_alert(self.books.about(due.key), due.at)
            elif due.kind is DueKind.SITE:
                self.pass_site(due.key, due.at)
            else:
                self.pass_fleet(due.at)
        raise RuntimeError("what is due does not end")

    def pass_alert(self, about: About, at: datetime) -> Decision:
        """What has become due of one fingerprint."""
        before = self.books.case(about.key)
        decision = on_time(before, self.rules, at, self._gate(about), about.kind)
        return self.follow(about, before, decision, at)

    def pass_site(self, name: str, at: datetime) -> None:
        """What has become due of one site: windows and storms that end, a digest."""
        site = self.books.site(name)
        ended = [window for window in site.windows if window.until <= at]
        site = changed(site, windows=tuple(window for window in site.windows if window.until > at))
        storm = site.storm
        if storm is not None and storms.over_at(storm, self.rules) <= at:
            site = changed(site, storm=None)
            self.tidings.tell(NoticeKind.DIGEST, NoticeCause.STORM_OVER, name, at, storm.ticket)
        elif storm is not None and storm.digest_at <= at:
            digest_at = at + timedelta(seconds=self.rules.storm_digest_s)
            site = changed(site, storm=changed(storm, digest_at=digest_at))
            self.tidings.tell(NoticeKind.DIGEST, NoticeCause.STORM_GOES_ON, name, at, storm.ticket)
        self.keep_site(name, site, at)
        if ended:
            self.release(name, Hold.WINDOW, at)

    def pass_fleet(self, at: datetime) -> None:
        """What has become due of all sites: silences that end."""
        fleet = self.books.fleet()
        self.keep_fleet(changed(fleet, silences=tuple(each for each in fleet.silences if each.until > at)))
        for site in sorted({site for site, _ in self.books.held(Hold.SILENCED)}):
            self.release(site, Hold.SILENCED, at)

    def add_window(self, name: str, window: Window, at: datetime) -> None:
        """The customer agreed to a maintenance window."""
        site = self.books.site(name)
        self.keep_site(name, changed(site, windows=(*site.windows, window)), at)

    def release(self, site: str, hold: Hold, at: datetime) -> None:
        """What held faults of a site back is over: those that still fire open now, or are held by something else."""
        for key in sorted(self.books.unsettled(site)):
            before = self.books.case(key)
            if before.alert is not None and before.alert.hold is hold:
                about = self.books.about(key)
                decision = on_release(before, self.rules, at, self._gate(about), about.kind)
                self.follow(about, before, decision, at)

    # ------------------------------------------------------------ storms

    def _counts_as_new(self, about: About, before: Case, signal: Signal) -> bool:
        """Late evidence moves no alert, and what a window or a silence holds back makes no storm."""
        if about.kind != FAULT or is_late_evidence(before.ticket, signal, self.rules):
            return False
        return self._gate(about).is_open(signal.level, signal.received_at)

    def _note_new(self, about: About, signal: Signal) -> None:
        at, rules = signal.received_at, self.rules
        site = storms.with_new(self.books.site(about.site), about.key, at, rules)
        self.keep_site(about.site, site, at)
        if storms.is_storm_due(site, rules):
            self._begin_storm(about, site, signal)

    def _begin_storm(self, about: About, site: Site, signal: Signal) -> None:
        """Open its ticket with the worst level, take in what waits, adopt what has a ticket."""
        at, name = signal.received_at, about.site
        key = ticket_fingerprint(name, SITE_MODULE, STORM_CODE, {"since": at.isoformat()})
        cases = {new.key: self.books.case(new.key) for new in site.recent if new.key != about.key}
        levels = [case.alert.level for case in cases.values() if case.alert is not None]
        level = min([signal.level, *levels])
        storm = About(key, name, SITE_MODULE, STORM_CODE, KIND_STORM)
        opening = Signal(
            firing=True, level=level, count=0, received_at=at, occurred_at=at, clearable=True, immediate=True
        )
        ticket = self.signal(storm, opening).case.ticket
        if ticket is None or ticket.id is None:
            raise ValueError("a storm has a ticket")
        self.keep_site(name, storms.begun(self.books.site(name), key, ticket.id, at, self.rules), at)
        for member, case in cases.items():
            self._take_in(self.books.about(member), case, ticket.id, at)

    def _take_in(self, about: About, before: Case, storm: int, at: datetime) -> None:
        if before.live is not None and before.live.id is not None:
            self.books.adopt(before.live.id, parent=storm)
        elif before.alert is not None and before.alert.state is AlertState.PENDING:
            decision = on_taken_in(before, self.rules, at, self._gate(about))
            self.follow(about, before, decision, at)

    # ------------------------------------------------------------ what follows

    def follow(self, about: About, before: Case, decision: Decision, at: datetime) -> Decision:
        """Keep a decision and do what follows from it."""
        case = self.books.keep(about, decision)
        decision = replaced(decision, case=case)
        suppression = ledger.ended(about, before, case, at)
        if suppression is not None:
            self.books.enter(suppression)
        self._count_at_host(about, before, case, at)
        if case.ticket is not None:
            self._follow_ticket(about, case.ticket, decision, at)
        was_firing = before.alert is not None and before.alert.state is not AlertState.OK
        if was_firing and case.alert is not None and case.alert.state is AlertState.OK:
            self._follow_clearing(about, before, at)
        return decision

    def _follow_ticket(self, about: About, ticket: Ticket, decision: Decision, at: datetime) -> None:
        self.tidings.follow(about, ticket, decision, at)
        if decision.has(ChangeKind.OPENED) or decision.has(ChangeKind.REOPENED):
            self._adopt_downstream(about, ticket, at)

    def _adopt_downstream(self, about: About, ticket: Ticket, at: datetime) -> None:
        """R4b the other way round: what depends on it and began shortly before is part of it."""
        modules = self.books.downstream(about.module)
        oldest = at - timedelta(seconds=self.rules.upstream_window_s)
        for key in self.books.unsettled(about.site) if modules else ():
            case = self.books.case(key)
            if self.books.about(key).module in modules and case.live is not None and case.live.id is not None:
                first = case.alert.first_firing_at if case.alert else None
                if first is not None and first >= oldest:
                    self.books.adopt(case.live.id, parent=ticket.id)

    def _follow_clearing(self, about: About, before: Case, at: datetime) -> None:
        alert = before.alert
        if alert is not None and alert.hold in HOSTING and alert.host is not None:
            self.leave_host(about, alert.host, at)
        if self.books.downstream(about.module):
            self.release(about.site, Hold.UPSTREAM, at)

    # ------------------------------------------------------------ hosts: a storm or an overflow that counts members

    def _count_at_host(self, about: About, before: Case, case: Case, at: datetime) -> None:
        alert = case.alert
        if alert is None or alert.hold not in HOSTING or alert.host is None:
            return
        was = before.alert
        earlier = was.held_count if was is not None and was.host == alert.host else 0
        count = alert.held_count - earlier
        if count <= 0 and earlier:
            return
        site = self.books.site(about.site)
        members = site.hosted.get(alert.host, ())
        if about.key not in members:
            hosted = {**site.hosted, alert.host: (*members, about.key)}
            self.keep_site(about.site, changed(site, hosted=hosted), at)
        host = self._host(about, alert.host, alert.hold)
        self.signal(
            host,
            Signal(
                firing=True,
                level=alert.level,
                count=count,
                received_at=at,
                occurred_at=at,
                clearable=True,
                immediate=True,
            ),
        )

    def _host(self, about: About, key: str, hold: Hold | None) -> About:
        if hold is Hold.OVERFLOW:
            return About(key, about.site, SITE_MODULE, OVERFLOW_CODE, KIND_OVERFLOW)
        return self.books.about(key)

    def leave_host(self, about: About, host: str, at: datetime) -> None:
        """A member is ok; when all are, so is the host."""
        site = self.books.site(about.site)
        members = tuple(key for key in site.hosted.get(host, ()) if key != about.key)
        hosted = {key: keys for key, keys in site.hosted.items() if key != host}
        if members:
            hosted[host] = members
        self.keep_site(about.site, changed(site, hosted=hosted), at)
        if not members:
            self.signal(
                self.books.about(host),
                Signal(firing=False, level=4, count=1, received_at=at, occurred_at=at, clearable=True),
            )

    # ------------------------------------------------------------ sites

    def keep_site(self, name: str, site: Site, at: datetime) -> None:
        """Keep what is known of a site, with the time at which something changes by itself."""
        self.books.keep_site(name, site, storms.site_due(site, at, self.rules))

    def keep_fleet(self, fleet: Fleet) -> None:
        """Keep what is known of all sites, with the time at which something changes by itself."""
        self.books.keep_fleet(fleet, fleet_due(fleet))

    def _gate(self, about: About) -> Gate:
        return Gate(self.books, self.rules, about)
