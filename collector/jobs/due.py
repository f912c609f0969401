"""What time alone does to alerts and tickets: open delay, expiry, stable time, closing, silence.

Each function does one piece of work of a bounded size and returns how many it did; the loop calls
it again at the next tick. Every case stands in a savepoint of its own, so that one that cannot be
written does not hold up the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from collector.errors import StoreUnavailable
from collector.fleet import repository as fleet
from collector.fleet.enrolment import collector_event
from collector.fleet.model import Watched
from collector.fleet.presence import silent_before
from collector.settings.model import Rules
from collector.store.database import Connection, Store, savepoint
from collector.tickets import repository
from collector.tickets.acts import repository as acts
from collector.tickets.alert_course import RESOLUTION_AUTO
from collector.tickets.codebook import SILENT_CODE, SILENT_MODULE, Codebook
from collector.tickets.model import RULE, Case, ChangeKind
from collector.tickets.policy import on_time
from collector.tickets.recording import Sighting, record
from collector.tickets.repository import Subject
from collector.tickets.state import TicketAct, advance
from wire.messages import Event

CHUNK = 100  # cases in one transaction

log = logging.getLogger(__name__)


def pass_time(store: Store, codebook: Codebook, rules: Rules, now: datetime) -> int:
    """Move on the alerts whose time has come."""
    with store.reading() as connection:
        due = repository.due_fingerprints(connection, now, CHUNK)
    if not due:
        return 0
    with store.writing() as connection:
        for fingerprint_id, case in repository.load_cases(connection, due).items():
            try:
                with savepoint(connection):
                    _move_on(connection, fingerprint_id, case, codebook, rules, now)
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("the alert of fingerprint %s could not be moved on", fingerprint_id)
    return len(due)


def _move_on(
    connection: Connection, fingerprint_id: int, case: Case, codebook: Codebook, rules: Rules, now: datetime
) -> None:
    decision = on_time(case, rules, now)
    subject = repository.load_subject(connection, fingerprint_id)
    opened = decision.case.ticket
    if opened is not None and opened.id is None:
        subject = _described(subject, repository.newest_event(connection, fingerprint_id), codebook)
    ticket_id = repository.save_case(connection, fingerprint_id, subject, case, decision.case)
    if decision.waiting is not None:
        repository.settle_waiting(connection, fingerprint_id, decision.waiting, ticket_id)
    repository.write_moves(connection, fingerprint_id, decision.moves)
    repository.write_changes(connection, subject.site_id, decision.changes, opened=ticket_id)


def _described(subject: Subject, event: Event | None, codebook: Codebook) -> Subject:
    """What the ticket will say of itself: from the event that waited and the catalogue."""
    if event is None:
        return subject
    facts = codebook.facts(event)
    return replace(subject, product=event.product, kind=facts.kind, title=facts.title)


def close_resolved(store: Store, rules: Rules, now: datetime) -> int:
    """Close what resolved itself long enough ago (R10)."""
    until = now - timedelta(seconds=rules.close_after_s)
    with store.reading() as connection:
        found = acts.closable(connection, until, RESOLUTION_AUTO, CHUNK)
    if not found:
        return 0
    with store.writing() as connection:
        for ticket_id in acts.closable(connection, until, RESOLUTION_AUTO, CHUNK):
            held = acts.ticket_by_id(connection, ticket_id)
            if held is None:
                continue
            after = advance(held.status, TicketAct.CLOSE).value
            acts.change_ticket(connection, held, {"status": after, "closed_at": now})
            detail = {"from": held.status.value, "to": after}
            acts.write_act(connection, held, at=now, actor=RULE, kind=ChangeKind.CLOSED, detail=detail)
    return len(found)


def tell_silence(
    store: Store,
    codebook: Codebook,
    rules: Rules,
    *,
    started_at: datetime,
    now: datetime,
    new_secret: Callable[[], str],
) -> int:
    """Open the ticket of every agent that has fallen silent (R11)."""
    before = silent_before(rules, started_at=started_at, now=now)
    if before is None:
        return 0
    with store.reading() as connection:
        if not fleet.watched_agents(connection, before, CHUNK):
            return 0
    with store.writing() as connection:
        silent = fleet.watched_agents(connection, before, CHUNK)  # again: a batch may have come in between
        for agent in silent:
            fleet.mark_silent(connection, agent.id, now)
            sighting = Sighting(_silence(agent, new_secret(), now), now, immediate=True)
            record(connection, agent.site_id, [sighting], codebook=codebook, rules=rules)
    return len(silent)


def _silence(agent: Watched, event_id: str, now: datetime) -> Event:
    return collector_event(SILENT_MODULE, SILENT_CODE, {"host": agent.hostname}, event_id=event_id, now=now)
