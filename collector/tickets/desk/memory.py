"""Books in memory: what a replay keeps. Nothing here decides."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from collector.tickets.alert_state import AlertState
from collector.tickets.desk.model import Code, Fleet, Notice, Site, Suppression
from collector.tickets.desk.port import About, Due, DueKind
from collector.tickets.model import Case, Decision, Hold, TicketChange

_ENTRY = tuple[datetime, int, DueKind, str]


class MemoryBooks:
    """Everything in dictionaries, and one heap of what is due."""

    def __init__(self, depends_on: Mapping[str, Sequence[str]] | None = None) -> None:
        self.abouts: dict[str, About] = {}
        self.cases: dict[str, Case] = {}
        self.tickets: dict[int, str] = {}  # id -> the fingerprint whose ticket it is, or was
        self.ended: dict[int, Case] = {}  # id -> what was left when the fingerprint got another ticket
        self.changes: list[TicketChange] = []
        self.notices: list[Notice] = []
        self.ledger: list[Suppression] = []
        self.versions: dict[str, tuple[str, ...]] = {}  # module -> versions of its product
        self.watched: Callable[[], int] = lambda: 0
        self._sites: dict[str, Site] = {}
        self._codes: dict[tuple[str, str], Code] = {}
        self._fleet = Fleet()
        self._speakers: dict[str, str] = {}
        self._unsettled: dict[str, set[str]] = defaultdict(set)
        self._due: dict[tuple[DueKind, str], datetime] = {}
        self._heap: list[_ENTRY] = []
        self._pushed = 0
        self._problems = 0
        self._upstream = {module: tuple(others) for module, others in (depends_on or {}).items()}
        self._downstream: dict[str, tuple[str, ...]] = {}
        for module, others in self._upstream.items():
            for other in others:
                self._downstream[other] = (*self._downstream.get(other, ()), module)

    # ------------------------------------------------------------ cases

    def about(self, key: str) -> About:
        """What a fingerprint that has a case is about."""
        return self.abouts[key]

    def case(self, key: str) -> Case:
        """Its alert and ticket."""
        return self.cases.get(key, _NOTHING)

    def keep(self, about: About, decision: Decision) -> Case:
        """Write what was decided; the case with the ticket's id."""
        key, case = about.key, decision.case
        self.abouts[key] = about
        if case.ticket is not None and case.ticket.id is None:
            number = len(self.tickets) + 1
            before = self.cases.get(key)
            if before is not None and before.ticket is not None and before.ticket.id is not None:
                self.ended[before.ticket.id] = before
            self.tickets[number] = key
            case = Case(case.alert, replace(case.ticket, id=number))
        self.cases[key] = case
        self.changes += decision.changes
        alert = case.alert
        if alert is None or alert.state is AlertState.OK:
            self._unsettled[about.site].discard(key)
        else:
            self._unsettled[about.site].add(key)
        self._await(DueKind.ALERT, key, alert.due_at if alert else None)
        return case

    def speaker(self, key: str) -> str:
        """R14: the fingerprint that speaks for this one."""
        return self._speakers.get(key, key)

    def set_speaker(self, key: str, speaker: str | None) -> None:
        """From now on another fingerprint speaks for this one; None: it speaks for itself again."""
        self._speakers.pop(key, None)
        if speaker is not None:
            self._speakers |= {each: speaker for each, said in self._speakers.items() if said == key}
            self._speakers[key] = speaker

    def enter(self, suppression: Suppression) -> None:
        """Append to the ledger of what was held back."""
        self.ledger.append(suppression)

    def adopt(self, ticket: int, *, parent: int | None = None, problem: int | None = None) -> None:
        """A ticket became part of another, or of a problem."""
        key = self.tickets[ticket]
        case = self.cases[key]
        if case.ticket is not None and case.ticket.id == ticket:
            found = replace(case.ticket, parent=parent or case.ticket.parent, problem=problem or case.ticket.problem)
            self.cases[key] = Case(case.alert, found)

    def unsettled(self, site: str) -> Iterable[str]:
        """Fingerprints of a site whose alert is not ok."""
        return tuple(self._unsettled[site])

    # ------------------------------------------------------------ sites and codes

    def site(self, site: str) -> Site:
        """What is kept of a site."""
        return self._sites.get(site, _EMPTY_SITE)

    def keep_site(self, site: str, kept: Site, due: datetime | None) -> None:
        """Keep it; `due` is when time changes something."""
        self._sites[site] = kept
        self._await(DueKind.SITE, site, due)

    def code(self, module: str, code: str) -> Code:
        """What is kept of a code across sites."""
        return self._codes.get((module, code), _EMPTY_CODE)

    def keep_code(self, module: str, code: str, kept: Code) -> None:
        """Keep it."""
        self._codes[module, code] = kept

    def codes(self) -> dict[tuple[str, str], Code]:
        """Every code that fired."""
        return dict(self._codes)

    def fleet(self) -> Fleet:
        """What is kept of all sites."""
        return self._fleet

    def keep_fleet(self, kept: Fleet, due: datetime | None) -> None:
        """Keep it; `due` is when time changes something."""
        self._fleet = kept
        self._await(DueKind.FLEET, "", due)

    def new_problem(self) -> int:
        """The id of a problem that begins."""
        self._problems += 1
        return self._problems

    def upstream(self, module: str) -> tuple[str, ...]:
        """Modules that this one depends on."""
        return self._upstream.get(module, ())

    def declared(self, module: str) -> tuple[str, ...]:
        """The versions of the module's product in their order."""
        return self.versions.get(module, ())

    def downstream(self, module: str) -> tuple[str, ...]:
        """Modules that depend on this one."""
        return self._downstream.get(module, ())

    def held(self, hold: Hold) -> Iterable[tuple[str, str]]:
        """Site and fingerprint of every fault that this holds back."""
        keys = [(site, key) for site, keys in self._unsettled.items() for key in keys]
        return [each for each in keys if (alert := self.cases[each[1]].alert) is not None and alert.hold is hold]

    def site_count(self) -> int:
        """How many sites are watched for silence."""
        return self.watched()

    def host_count(self, site: str) -> int:  # noqa: ARG002  # a replay knows sites only
        """One: the site itself."""
        return 1

    # ------------------------------------------------------------ time and people

    def next_due(self, now: datetime) -> Due | None:
        """What is due by `now`, the earliest first. Entries that were replaced are dropped here."""
        while self._heap and self._heap[0][0] <= now:
            at, _, kind, key = heapq.heappop(self._heap)
            if self._due.get((kind, key)) == at:
                del self._due[kind, key]
                return Due(at, kind, key)
        return None

    def tell(self, notice: Notice) -> None:
        """Somebody should hear of it."""
        self.notices.append(notice)

    def _await(self, kind: DueKind, key: str, at: datetime | None) -> None:
        if at is None:
            self._due.pop((kind, key), None)
        elif self._due.get((kind, key)) != at:
            self._due[kind, key] = at
            self._pushed += 1
            heapq.heappush(self._heap, (at, self._pushed, kind, key))


_NOTHING = Case()
_EMPTY_SITE = Site()
_EMPTY_CODE = Code()
