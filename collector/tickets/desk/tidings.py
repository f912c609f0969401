"""What follows from a ticket that opened: budgets are charged, problems gather, people are told; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace as changed

from collector.settings.model import Rules
from collector.tickets.desk import fleet
from collector.tickets.desk.gate import FAULT, within
from collector.tickets.desk.model import (
    KIND_OVERFLOW,
    Code,
    Notice,
    NoticeCause,
    NoticeKind,
    Opened,
    ProblemState,
)
from collector.tickets.desk.port import About, Books
from collector.tickets.desk.silences import fleet_due
from collector.tickets.desk.storms import site_due
from collector.tickets.model import ChangeKind, Decision, Ticket


@dataclass(frozen=True)
class Tidings:
    """Over some books."""

    books: Books
    rules: Rules

    def follow(self, about: About, ticket: Ticket, decision: Decision, at: datetime) -> None:
        """Whatever the decision means for budgets, problems and people."""
        if decision.has(ChangeKind.OPENED) or decision.has(ChangeKind.REOPENED):
            self._charge(about, ticket, at)
            self._gather(about, ticket, decision, at)
        for kind, cause in _TOLD:
            if decision.has(kind):
                self.tell(NoticeKind.DIGEST, cause, about.site, at, ticket.id)

    def know_error(self, about: About, fixed_in: str, at: datetime) -> None:
        """A version cures the fault: the code has a known error at this site."""
        code, new_id = self.books.code(about.module, about.code), self.books.new_problem
        code = fleet.with_problem(code, about, [about.site], ProblemState.KNOWN_ERROR, at, new_id)
        if code.problem is not None:
            code = changed(code, problem=changed(code.problem, fixed_in=fixed_in))
        self.books.keep_code(about.module, about.code, code)

    def _charge(self, about: About, ticket: Ticket, at: datetime) -> None:
        """R7: what opened by itself counts against the budgets; level 1 is exempt."""
        if about.kind != FAULT or ticket.level == 1:
            return
        opened, rules = Opened(at, about.module, about.code), self.rules
        site, all_sites = self.books.site(about.site), self.books.fleet()
        kept = (*within(site.opened, at, rules.site_budget_s), opened)
        self.books.keep_site(about.site, changed(site, opened=kept), site_due(site, at, rules))
        before = within(all_sites.opened, at, rules.fleet_budget_s)
        if self.books.code(about.module, about.code).problem is not None:  # counts as one, so the newest is enough
            before = tuple(each for each in before if (each.module, each.code) != (about.module, about.code))
        all_sites = changed(all_sites, opened=(*before, opened))
        self.books.keep_fleet(all_sites, fleet_due(all_sites))

    def _gather(self, about: About, ticket: Ticket, decision: Decision, at: datetime) -> None:
        """R6, R8.3, R8.5: tell of the ticket, or of the problem that it belongs to."""
        is_first = decision.has(ChangeKind.OPENED)
        if about.kind == FAULT and self._problem(about, ticket, decision, at):
            if is_first:
                self.tell(NoticeKind.CUSTOMER, NoticeCause.OPENED, about.site, at, ticket.id)
        elif is_first:
            self._announce(about, ticket, at)
        else:
            self.tell(NoticeKind.DIGEST, NoticeCause.REOPENED, about.site, at, ticket.id)

    def _problem(self, about: About, ticket: Ticket, decision: Decision, at: datetime) -> bool:
        """Whether the ticket belongs to a problem of many sites, which alone is told."""
        code = fleet.with_ticket(self.books.code(about.module, about.code), about.site, ticket.id, at, self.rules)
        if fleet.is_problem_due(code, at, self.rules):
            code = self._begin_problem(about, code, at)
        is_part = fleet.is_gathering(code, at, self.rules) and len(code.recent) > 0 and code.problem is not None
        is_many = is_part and code.problem is not None and len(code.problem.sites) >= self.rules.fleet_sites
        alert = decision.case.alert
        is_often = alert is not None and len(alert.recurred_at) >= self.rules.recurrences
        if decision.has(ChangeKind.REGRESSED) or (is_often and ticket.recurrence_of is not None):
            sites = [about.site]
            code = fleet.with_problem(code, about, sites, ProblemState.SUSPECTED, at, self.books.new_problem)
        self.books.keep_code(about.module, about.code, code)
        if code.problem is not None and ticket.id is not None and about.site in code.problem.sites:
            self.books.adopt(ticket.id, problem=code.problem.id)
        return is_many

    def _begin_problem(self, about: About, code: Code, at: datetime) -> Code:
        sites = [each.site for each in code.recent]
        code = fleet.with_problem(code, about, sites, ProblemState.SUSPECTED, at, self.books.new_problem)
        if code.problem is not None:
            for each in code.recent:
                if each.ticket is not None:
                    self.books.adopt(each.ticket, problem=code.problem.id)
            self.tell(NoticeKind.PAGE, NoticeCause.PROBLEM_SUSPECTED, "", at, problem=code.problem.id)
        return code

    def _announce(self, about: About, ticket: Ticket, at: datetime) -> None:
        self.tell(NoticeKind.PAGE, NoticeCause.OPENED, about.site, at, ticket.id)
        if about.site and about.kind != KIND_OVERFLOW:
            self.tell(NoticeKind.CUSTOMER, NoticeCause.OPENED, about.site, at, ticket.id)

    def tell(
        self,
        kind: NoticeKind,
        cause: NoticeCause,
        site: str,
        at: datetime,
        ticket: int | None = None,
        problem: int | None = None,
    ) -> None:
        """Put a notice on its way."""
        self.books.tell(Notice(at, kind, cause, site, ticket, problem))


_TOLD = (
    (ChangeKind.LEVEL_RAISED, NoticeCause.LEVEL_RAISED),
    (ChangeKind.FLAPPING, NoticeCause.FLAPPING),
    (ChangeKind.SETTLED, NoticeCause.SETTLED),
    (ChangeKind.REGRESSED, NoticeCause.REGRESSED),
)
