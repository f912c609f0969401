"""Events of some batches (or of the collector itself) become rows, alerts and tickets.

Runs inside the caller's transaction, in these steps; several batches of a group go through them together, in the
order in which they came, over the same books:

1. an event whose id the site has sent before is a line that was read twice: it is counted as
   repeated and has no other effect;
2. events are sorted into tracks, one for each fingerprint; a clearing event stands in its own
   track (where it is stored) and adds a clearing signal to the track of every alert it clears,
   at its place in the order of the batch;
3. fingerprints are counted in the order of their hashes, so that two writers of another database
   could never wait for each other crosswise;
4. the signals pass through the desk in the order of the batch, and the outcome is written once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from collector.settings.model import Rules
from collector.store.database import Connection
from collector.tickets import repository
from collector.tickets.cases.repository import load_cases
from collector.tickets.codebook import Codebook, CodeFacts, identity_of, is_cleared
from collector.tickets.counting.repository import Counted, count_all
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.stored import StoredBooks
from collector.tickets.model import Decision, Disposition, Signal
from collector.tickets.repository import Subject
from wire.fingerprint import VERSION, ticket_fingerprint
from wire.messages import Event, Status

VERSION_FIELD = "version"  # what a catalogue's pattern names it by
VERSION_CHARS = 128


@dataclass(frozen=True)
class Sighting:
    """One event and how it came; `agent_id` None is the collector's own observation."""

    event: Event
    received_at: datetime
    agent_id: str | None = None
    epoch: str = ""
    sequence: int = 0
    position: int = 0
    immediate: bool = False  # no open delay: the rule that noticed it has waited already


Arrival = tuple[str, Sequence[Sighting]]  # a site and what it sent, in its order
_Fresh = tuple[int, str, Sighting]  # the place among all arrivals, the site


@dataclass
class _Entry:
    """One event of a track on its way to its row."""

    at: int  # its place among all that arrived
    sighting: Sighting
    facts: CodeFacts
    disposition: Disposition = Disposition.CLEARING
    ticket_id: int | None = None


@dataclass
class _Track:
    """One fingerprint in this batch."""

    subject: Subject
    identity: Mapping[str, str]
    entries: list[_Entry] = field(default_factory=list)
    signals: list[tuple[int, Signal, _Entry | None]] = field(default_factory=list)  # with the place in the batch
    fingerprint_id: int = 0


def record(
    connection: Connection, site_id: str, sightings: Sequence[Sighting], *, codebook: Codebook, rules: Rules
) -> int:
    """Apply the events in their order; returns how many were repeated."""
    return record_all(connection, [(site_id, sightings)], codebook=codebook, rules=rules)[0]


def record_all(connection: Connection, arrivals: Sequence[Arrival], *, codebook: Codebook, rules: Rules) -> list[int]:
    """Apply what came from several sites as if one had come after the other; how many of each were repeated."""
    if not any(sightings for _, sightings in arrivals):
        return [0] * len(arrivals)
    fresh, repeated = _without_repeats(connection, arrivals)
    if not fresh:
        return repeated
    tracks = _sorted_into_tracks(fresh, codebook)
    ordered = sorted(tracks.values(), key=lambda track: track.subject.hash)
    for track, row_id in zip(ordered, count_all(connection, [_counted(track) for track in ordered]), strict=True):
        track.fingerprint_id = row_id
    by_id = {track.fingerprint_id: track for track in tracks.values()}
    _add_clearing(connection, by_id)
    books = StoredBooks(connection, codebook)
    judged = [track for track in by_id.values() if track.signals]
    cases = load_cases(connection, [track.fingerprint_id for track in judged]) if judged else {}
    books.learn_sites({track.subject.site_id for track in judged})
    for track in judged:
        books.learn(track.subject, track.fingerprint_id, cases[track.fingerprint_id])
    _judge(judged, Desk(books, rules), books)
    books.flush()
    rows = [_row(track, entry) for track in by_id.values() for entry in track.entries]
    repository.write_events(connection, rows)
    return repeated


def _counted(track: _Track) -> Counted:
    times = [entry.sighting.received_at for entry in track.entries]
    return Counted(track.subject, min(times), max(times), sum(entry.sighting.event.count for entry in track.entries))


def _without_repeats(connection: Connection, arrivals: Sequence[Arrival]) -> tuple[list[_Fresh], list[int]]:
    """What is new, in its order, and how much of each arrival is not."""
    sent: dict[str, list[str]] = {}
    for site_id, sightings in arrivals:
        sent.setdefault(site_id, []).extend(sighting.event.event_id for sighting in sightings)
    seen = {site_id: repository.known_events(connection, site_id, ids) for site_id, ids in sent.items() if ids}
    fresh: list[_Fresh] = []
    repeated = []
    for site_id, sightings in arrivals:
        before = len(fresh)
        for sighting in sightings:
            if sighting.event.event_id not in seen[site_id]:
                seen[site_id].add(sighting.event.event_id)
                fresh.append((len(fresh), site_id, sighting))
        repeated.append(len(sightings) - len(fresh) + before)
    return fresh, repeated


def _sorted_into_tracks(fresh: Sequence[_Fresh], codebook: Codebook) -> dict[str, _Track]:
    tracks: dict[str, _Track] = {}
    for at, site_id, sighting in fresh:
        event = sighting.event
        facts = codebook.facts(event)
        identity = identity_of(event, facts)
        key = ticket_fingerprint(site_id, event.module, event.code, identity)
        if key not in tracks:
            tracks[key] = _Track(_subject(key, site_id, event, facts, identity), identity)
        entry = _Entry(at, sighting, facts)
        tracks[key].entries.append(entry)
        if event.history:
            entry.disposition = Disposition.HISTORY
        elif not facts.clears:
            tracks[key].signals.append((at, signal_of(sighting, facts), entry))
    return tracks


def _subject(key: str, site_id: str, event: Event, facts: CodeFacts, identity: Mapping[str, str]) -> Subject:
    return Subject(
        hash=key,
        version=VERSION,
        site_id=site_id,
        product=event.product,
        module=event.module,
        code=event.code,
        kind=facts.kind,
        title=facts.title,
        identity=msgspec.json.encode(identity, order="sorted").decode(),
    )


def signal_of(sighting: Sighting, facts: CodeFacts) -> Signal:
    """One event as the rules see it."""
    event = sighting.event
    return Signal(
        firing=event.status is Status.FIRING and not facts.clears,
        level=facts.level,
        count=event.count,
        received_at=sighting.received_at,
        occurred_at=event.last_at,
        clearable=facts.clearable,
        immediate=sighting.immediate,
        version=event.fields.get(VERSION_FIELD, "")[:VERSION_CHARS] or None,
    )


def _add_clearing(connection: Connection, by_id: dict[int, _Track]) -> None:
    """Give every alert that is cleared in this batch its clearing signals, in the order of the batch."""
    clearing = [
        (track.subject.site_id, entry)
        for track in by_id.values()
        for entry in track.entries
        if entry.facts.clears and entry.disposition is not Disposition.HISTORY
    ]
    for site_id, module, codes in {(site, entry.sighting.event.module, entry.facts.clears) for site, entry in clearing}:
        for fingerprint_id, identity in repository.open_alerts(connection, site_id, module, codes).items():
            if fingerprint_id not in by_id:
                subject = repository.load_subject(connection, fingerprint_id)
                by_id[fingerprint_id] = _Track(subject, msgspec.json.decode(identity), fingerprint_id=fingerprint_id)
    for site_id, entry in clearing:
        event = entry.sighting.event
        for track in by_id.values():
            subject = track.subject
            named = (subject.site_id, subject.module) == (site_id, event.module) and subject.code in entry.facts.clears
            if named and is_cleared(track.identity, event):
                track.signals.append((entry.at, signal_of(entry.sighting, entry.facts), None))
    for track in by_id.values() if clearing else ():
        track.signals.sort(key=lambda signal: signal[0])


def _judge(tracks: Sequence[_Track], desk: Desk, books: StoredBooks) -> None:
    """Pass every signal through the rules, in the order of the batch, and place its event."""
    waiting: dict[str, list[_Entry]] = {}
    signals = [(at, track, signal, entry) for track in tracks for at, signal, entry in track.signals]
    for _, track, signal, entry in sorted(signals, key=lambda each: (each[0], each[1].subject.hash)):
        key = books.speaker(track.subject.hash)
        decision = desk.signal(books.about(key), signal)
        if entry is not None:
            _place(entry, decision, books)
            if entry.disposition is Disposition.PENDING:
                waiting.setdefault(key, []).append(entry)
        for settled, (disposition, ticket_id) in books.settled.items():
            for held in waiting.pop(settled, ()):
                held.disposition, held.ticket_id = disposition, ticket_id
        books.settled.clear()


def _place(entry: _Entry, decision: Decision, books: StoredBooks) -> None:
    """Note what became of the event, and on which ticket it counts."""
    if decision.disposition is None:
        return
    entry.disposition, case = decision.disposition, decision.case
    if decision.disposition is Disposition.TICKET and case.ticket is not None:
        entry.ticket_id = case.ticket.id
    elif decision.disposition is Disposition.HOSTED and case.alert is not None and case.alert.host is not None:
        host = books.case(case.alert.host).ticket
        entry.ticket_id = host.id if host is not None else None


def _row(track: _Track, entry: _Entry) -> dict[str, object]:
    sighting, event = entry.sighting, entry.sighting.event
    return {
        "event_id": event.event_id,
        "site_id": track.subject.site_id,
        "agent_id": sighting.agent_id,
        "epoch": sighting.epoch,
        "sequence": sighting.sequence,
        "position": sighting.position,
        "fingerprint_id": track.fingerprint_id,
        "ticket_id": entry.ticket_id,
        "module": event.module,
        "code": event.code,
        "level": entry.facts.level,
        "status": event.status.value,
        "disposition": entry.disposition.value,
        "occurred_at": event.occurred_at,
        "received_at": sighting.received_at,
        "count": event.count,
        "body": msgspec.json.encode(event).decode(),
    }
