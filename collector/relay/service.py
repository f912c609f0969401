"""Documents go down until the host has spoken its last word; results come up.

A request and its approvals are sent again each `AGAIN` until a result settles them: the host runs a
request once, however often it arrives. What only stops something is sent `TIMES` times.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from collector.errors import CollectorError
from collector.fleet.model import KnownAgent
from collector.relay import repository
from collector.relay.reading import Incoming, read_incoming
from collector.relay.requests import repository as requests
from collector.relay.requests import tracking
from collector.relay.requests.state import Step
from collector.store.database import Connection, Store
from collector.tickets.acts import repository as acts
from collector.tickets.model import ChangeKind, TicketChange
from collector.tickets.timeline.writing import append
from wire.documents.envelope import ENVELOPE_TYPE
from wire.documents.model import ActionRequest, Approval, Decline, Kind, Revocation
from wire.envelope import Document
from wire.errors import Malformed
from wire.proofs import Result
from wire.sentence import sentence

COLLECTOR = "collector"  # who sends by the collector's own command line
AGAIN = timedelta(minutes=10)
TIMES = 3
AT_ONCE = 8
AT_ONCE_BYTES = 400_000
AGENTS_IN_ONE = 500  # names in one query
SETTLED_BY_RESULT = frozenset({"request", "approval"})


class DocumentRefused(CollectorError):
    """The document cannot be relayed; the sentence says why."""


def send(store: Store, raw: bytes, *, now: datetime, actor: str = COLLECTOR) -> Incoming:
    """Queue a signed document for its hosts, in the name of `actor`; `DocumentRefused`."""
    try:
        found = read_incoming(raw)
    except Malformed as error:
        raise DocumentRefused(sentence("no document that a host knows: {problem}", problem=str(error))) from error
    with store.writing() as connection:
        unknown = sorted(set(found.hosts) - repository.hosts_of_site(connection, found.site))
        if unknown:
            raise DocumentRefused(
                sentence("{site} has no such host: {hosts}", site=found.site, hosts=", ".join(unknown))
            )
        if found.not_after <= now:
            raise DocumentRefused(sentence("the time of this document is over"))
        repository.add_document(connection, found, raw, sorted(set(found.hosts)), now)
        try:
            _track(connection, found, actor, now)
        except tracking.AnotherRequest as error:
            raise DocumentRefused(sentence("another request has the id {id}", id=found.document.id)) from error
    return found


def _track(connection: Connection, found: Incoming, actor: str, now: datetime) -> None:
    """What this document means for the requests that are known here."""
    match found.document:
        case ActionRequest():
            tracking.register(connection, found.document, found.about, actor=actor, now=now)
        case Approval():
            tracking.approve(connection, found.about, found.hosts, now)
        case Decline():
            tracking.stop(connection, requests.find_by_digest(connection, found.about), actor=actor, now=now)
        case Revocation():
            tracking.stop(connection, requests.find_request(connection, found.document.revokes), actor=actor, now=now)


def due(connection: Connection, agent_id: str, now: datetime) -> list[Document]:
    """What goes down to this agent with the answer that is being made."""
    rows = repository.due_documents(connection, agent_id, now=now, sent_before=now - AGAIN, limit=AT_ONCE)
    chosen: list[Any] = []
    size = 0
    for row in rows:
        size += len(row["content"])
        if chosen and size > AT_ONCE_BYTES:
            break
        chosen.append(row)
    if chosen:
        repository.note_sent(connection, [row["id"] for row in chosen], now)
        often = [row["id"] for row in chosen if row["kind"] not in SETTLED_BY_RESULT and row["deliveries"] + 1 >= TIMES]
        repository.settle_sent(connection, often, now)
        tracking.deliver(connection, [row["about"] for row in chosen if row["kind"] == Kind.REQUEST], agent_id, now)
    return [Document(kind=row["kind"], media_type=ENVELOPE_TYPE, content=bytes(row["content"])) for row in chosen]


def added_since(connection: Connection, after: int | None) -> tuple[int, set[str]]:
    """The newest document's number, and the agents of those that are newer than `after` (None: of none)."""
    newest = repository.newest_document(connection)
    if after is None or newest <= after:
        return newest, set()
    return newest, repository.agents_since(connection, after)


def due_agents(connection: Connection, agents: Sequence[str], now: datetime) -> set[str]:
    """Which of these agents would get a document with an answer made now."""
    found: set[str] = set()
    for start in range(0, len(agents), AGENTS_IN_ONE):
        chunk = agents[start : start + AGENTS_IN_ONE]
        found |= repository.due_agents(connection, chunk, now=now, sent_before=now - AGAIN)
    return found


def take_result(connection: Connection, agent: KnownAgent, result: Result, now: datetime) -> None:
    """Keep what a host did, and tell it on the ticket if that is one of its site."""
    if not repository.add_result(connection, result, site_id=agent.site_id, agent_id=agent.id, now=now):
        return
    if tracking.step_of(result) is not Step.HINDER:
        repository.settle(connection, agent.id, result.digest, now)
    if tracking.hear(connection, result, agent.id, now):
        return
    held = acts.find_ticket(connection, result.ticket) if result.ticket else None
    if held is not None and held.site_id == agent.site_id:
        detail: dict[str, str | int] = {"action": result.action, **tracking.detail_of(result)}
        append(connection, held.site_id, [TicketChange(now, ChangeKind.ACTED, held.id, detail)], actor=agent.id)
