"""Books in the database, for one transaction: cases are read once, changed in memory, and written at the end.

A ticket that opens gets its row and number at once, so that others can name it; all else waits for
`flush`. What waited for an open delay and is settled by another fingerprint (a storm takes it in) is
settled in the stored events here, and told to the caller for events that are not stored yet (`settled`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from collector.store.database import Connection
from collector.tickets import repository as rows
from collector.tickets.alert_state import AlertState
from collector.tickets.cases import repository as cases
from collector.tickets.codebook import Codebook
from collector.tickets.desk import repository as kept
from collector.tickets.desk.kept import KeptState
from collector.tickets.desk.kinds import kind_of
from collector.tickets.desk.model import Suppression
from collector.tickets.desk.port import About, Due, DueKind
from collector.tickets.model import HOSTING, RULE, AlertMove, Case, Decision, Disposition, Hold, TicketChange
from collector.tickets.repository import Subject
from collector.tickets.timeline.writing import append_all
from wire.catalogue.reading import HOST_PRODUCT
from wire.fingerprint import VERSION

DUE_AT_ONCE = 100


@dataclass
class _Entry:
    """One fingerprint in this transaction."""

    subject: Subject
    about: About
    fingerprint_id: int
    before: Case
    case: Case
    moves: list[AlertMove] = field(default_factory=list)
    changes: list[TicketChange] = field(default_factory=list)


class StoredBooks(KeptState):
    """All that is known, over one connection."""

    def __init__(self, connection: Connection, codebook: Codebook, actor: str = RULE) -> None:
        super().__init__(connection)
        self._codebook = codebook
        self._actor = actor
        self._entries: dict[str, _Entry] = {}
        self._speakers: dict[str, str] = {}
        self._has_speakers: bool | None = None  # of any fingerprint; None: not asked yet
        self._ledger: list[tuple[int, Suppression]] = []
        self._holders: dict[int, str] = {}  # ticket -> fingerprint whose ticket it is now
        self._adopted: dict[int, dict[str, Any]] = defaultdict(dict)
        self.settled: dict[str, tuple[Disposition, int | None]] = {}

    # ------------------------------------------------------------ cases

    def learn(self, subject: Subject, fingerprint_id: int, case: Case | None = None) -> About:
        """A fingerprint that the caller knows already."""
        if subject.hash not in self._entries:
            found = cases.load_cases(self._connection, [fingerprint_id])[fingerprint_id] if case is None else case
            about = About(subject.hash, subject.site_id, subject.module, subject.code, kind_of(subject))
            self._enter(_Entry(subject, about, fingerprint_id, found, found))
        return self._entries[subject.hash].about

    def about(self, key: str) -> About:
        """What a fingerprint that has a case is about."""
        return self._entry(key).about

    def case(self, key: str) -> Case:
        """Its alert and ticket."""
        entry = self._found(key)
        return Case() if entry is None else entry.case

    def keep(self, about: About, decision: Decision) -> Case:
        """Note what was decided; a ticket that opens gets its row now."""
        entry = self._found(about.key) or self._begun(about, decision)
        case = decision.case
        changes = list(decision.changes)
        if case.ticket is not None and case.ticket.id is None:
            subject = self._described(entry)
            number = cases.open_ticket(self._connection, entry.fingerprint_id, subject, case.ticket)
            changes = [replace(change, ticket_id=number) if change.ticket_id is None else change for change in changes]
            case = Case(case.alert, replace(case.ticket, id=number))
            entry.before = Case(entry.before.alert, case.ticket)  # its row is as it is now
        entry.case = case
        entry.moves += decision.moves
        entry.changes += changes
        if case.ticket is not None and case.ticket.id is not None:
            self._holders[case.ticket.id] = about.key
        if decision.waiting is not None:
            self._settle(entry, decision.waiting)
        return case

    def speaker(self, key: str) -> str:
        """R14: the fingerprint that speaks for this one."""
        if key not in self._speakers:
            found = rows.speaker_of(self._connection, key) if self._is_any_spoken_for() else None
            self._speakers[key] = found or key
        return self._speakers[key]

    def set_speaker(self, key: str, speaker: str | None) -> None:
        """From now on another fingerprint speaks for this one; None: it speaks for itself again."""
        rows.set_speaker(self._connection, key, speaker)
        self._speakers.clear()
        self._has_speakers = None

    def enter(self, suppression: Suppression) -> None:
        """Append to the ledger of what was held back."""
        self._ledger.append((self._entry(suppression.key).fingerprint_id, suppression))

    def adopt(self, ticket: int, *, parent: int | None = None, problem: int | None = None) -> None:
        """A ticket became part of another, or of a problem."""
        values = {"parent_id": parent, "problem_id": problem}
        self._adopted[ticket] |= {name: value for name, value in values.items() if value is not None}
        entry = self._entries.get(self._holders.get(ticket, ""))
        if entry is not None and entry.case.ticket is not None and entry.case.ticket.id == ticket:
            found = entry.case.ticket
            found = replace(found, parent=parent or found.parent, problem=problem or found.problem)
            entry.case = Case(entry.case.alert, found)

    def unsettled(self, site: str) -> Iterable[str]:
        """Fingerprints of a site whose alert is not ok: as stored, and as changed since."""
        found = kept.unsettled(self._connection, site)
        for key, entry in self._entries.items():
            if entry.about.site == site:
                alert = entry.case.alert
                (found.discard if alert is None or alert.state is AlertState.OK else found.add)(key)
        return found

    # ------------------------------------------------------------ what else it knows

    def new_problem(self) -> int:
        """The id of a problem that begins."""
        return kept.new_problem(self._connection)

    def upstream(self, module: str) -> tuple[str, ...]:
        """Modules that this one depends on."""
        return self._codebook.upstream(module)

    def declared(self, module: str) -> tuple[str, ...]:
        """The versions of the module's product in their order."""
        return self._codebook.declared(module)

    def downstream(self, module: str) -> tuple[str, ...]:
        """Modules that depend on this one."""
        return self._codebook.downstream(module)

    def held(self, hold: Hold) -> Iterable[tuple[str, str]]:
        """Site and fingerprint of every fault that this holds back, as it is written and as it is now."""
        found = {key: site for site, key in kept.held(self._connection, hold)}
        for key, entry in self._entries.items():
            alert = entry.case.alert
            found.pop(key, None)
            if alert is not None and alert.hold is hold and alert.state is not AlertState.OK:
                found[key] = entry.about.site
        return [(site, key) for key, site in found.items()]

    def site_count(self) -> int:
        """How many sites are watched for silence."""
        return kept.site_count(self._connection)

    def host_count(self, site: str) -> int:
        """How many hosts of a site are watched for silence."""
        return kept.host_count(self._connection, site)

    # ------------------------------------------------------------ time, people, writing

    def due(self, now: datetime) -> list[Due]:
        """What is due by `now` as it is stored, the earliest first, at most `DUE_AT_ONCE` of each kind."""
        alerts = kept.due_alerts(self._connection, now, DUE_AT_ONCE)
        sites = kept.due_sites(self._connection, now, DUE_AT_ONCE)
        found = [Due(at, DueKind.ALERT, key) for at, key in alerts]
        found += [Due(at, DueKind.SITE, key) for at, key in sites]
        fleet_at = kept.fleet_due(self._connection)
        if fleet_at is not None and fleet_at <= now:
            found.append(Due(fleet_at, DueKind.FLEET, ""))
        return sorted(found, key=lambda due: due.at)

    def next_due(self, now: datetime) -> Due | None:
        """The earliest of what is due by `now`, as far as it is written."""
        self.flush()
        return next(iter(self.due(now)), None)

    def flush(self) -> None:
        """Write everything that changed."""
        self._write([self._entries[key] for key in sorted(self._entries)])
        self.flush_state()
        for ticket, values in sorted(self._adopted.items()):
            kept.adopt(self._connection, ticket, values)
        kept.write_ledger(self._connection, self._ledger)
        self._adopted.clear()
        self._ledger.clear()

    def _write(self, entries: Sequence[_Entry]) -> None:
        changed = [each for each in entries if each.case != each.before]
        before_and_after = [(each.fingerprint_id, each.subject, each.before, each.case) for each in changed]
        cases.save_cases(self._connection, before_and_after)
        rows.write_moves(self._connection, [(each.fingerprint_id, move) for each in entries for move in each.moves])
        lines = [(each.subject.site_id, each.changes) for each in entries if each.changes]
        append_all(self._connection, lines, actor=self._actor)
        for each in entries:
            each.before = each.case
            each.moves.clear()
            each.changes.clear()

    def _settle(self, entry: _Entry, waiting: Disposition) -> None:
        """Events that waited get their end: on its own ticket, on that of its host, or on none."""
        alert, ticket = entry.case.alert, entry.case.ticket
        number = ticket.id if ticket is not None and waiting is Disposition.TICKET else None
        if waiting is Disposition.HOSTED and alert is not None and alert.hold in HOSTING and alert.host is not None:
            host = self.case(alert.host).ticket
            number = host.id if host is not None else None
        self.settled[entry.about.key] = (waiting, number)
        if self._may_have_stored(entry):
            rows.settle_waiting(self._connection, entry.fingerprint_id, waiting, number)

    def _may_have_stored(self, entry: _Entry) -> bool:
        """Whether events that wait can be stored: those of a fault whose alert waited, or for which it speaks."""
        alert = entry.before.alert
        return (alert is not None and alert.state is AlertState.PENDING) or self._is_any_spoken_for()

    def _is_any_spoken_for(self) -> bool:
        if self._has_speakers is None:
            self._has_speakers = rows.has_speakers(self._connection)
        return self._has_speakers

    # ------------------------------------------------------------ finding

    def _enter(self, entry: _Entry) -> _Entry:
        self._entries[entry.about.key] = entry
        if entry.case.ticket is not None and entry.case.ticket.id is not None:
            self._holders[entry.case.ticket.id] = entry.about.key
        return entry

    def _entry(self, key: str) -> _Entry:
        entry = self._found(key)
        if entry is None:
            raise LookupError(f"there is no fingerprint {key}")
        return entry

    def _found(self, key: str) -> _Entry | None:
        if key not in self._entries:
            found = rows.find_subject(self._connection, key)
            if found is None:
                return None
            self.learn(found[1], found[0])
        return self._entries[key]

    def _begun(self, about: About, decision: Decision) -> _Entry:
        """The collector's own observation: a storm, an overflow, a silence of many."""
        facts = self._codebook.own_facts(about.module, about.code)
        alert = decision.case.alert
        at = alert.first_firing_at if alert is not None else None
        if at is None:
            raise ValueError("what begins fires")
        site = about.site or kept.OWN_SITE
        if not about.site:
            kept.ensure_own_site(self._connection, at)
        subject = Subject(
            about.key, VERSION, site, HOST_PRODUCT, about.module, about.code, about.kind, facts.title, "{}"
        )
        number = rows.count_fingerprint(self._connection, subject, at, 0)
        return self._enter(_Entry(subject, about, number, Case(), Case()))

    def _described(self, entry: _Entry) -> Subject:
        """What the ticket will say of itself; for a fingerprint that only time touched, from its newest event."""
        if entry.subject.title:
            return entry.subject
        event = rows.newest_event(self._connection, entry.fingerprint_id)
        if event is None:
            title = msgspec.json.encode({"en": entry.about.code}).decode()
            return replace(entry.subject, kind=entry.about.kind, title=title)
        facts = self._codebook.facts(event)
        return replace(entry.subject, product=event.product, kind=facts.kind, title=facts.title)
