"""Documents go down until the host has spoken its last word; results and heads come up.

A request and its approvals are sent again each `AGAIN` until a result settles them: the host runs a
request once, however often it arrives. What only stops something is sent `TIMES` times.

A head is countersigned only when it is signed by the host's own key and its chain has grown: a chain
that became shorter, or another one of the same size, gets no signature from us.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from collector.errors import CollectorError
from collector.fleet.model import KnownAgent
from collector.relay import repository
from collector.relay.reading import Incoming, read_incoming
from collector.store.database import Connection, Store
from collector.tickets.acts import repository as acts
from collector.tickets.model import ChangeKind, TicketChange
from collector.tickets.timeline.writing import append
from wire.documents.envelope import ENVELOPE_TYPE, Envelope, decode_envelope
from wire.documents.heads import read_head
from wire.envelope import Document
from wire.errors import Malformed
from wire.messages import AuditMark, Outcome, Result
from wire.sentence import sentence

AGAIN = timedelta(minutes=10)
TIMES = 3
AT_ONCE = 8
AT_ONCE_BYTES = 400_000
SETTLED_BY_RESULT = frozenset({"request", "approval"})
_CURABLE = frozenset({"no_approval", "not_enough_approvals", "not_yet", "outside_window"})


class DocumentRefused(CollectorError):
    """The document cannot be relayed; the sentence says why."""


def send(store: Store, raw: bytes, *, now: datetime) -> Incoming:
    """Queue a signed document for its hosts; `DocumentRefused`."""
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
    return found


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
    return [Document(kind=row["kind"], media_type=ENVELOPE_TYPE, content=bytes(row["content"])) for row in chosen]


def take_result(connection: Connection, agent: KnownAgent, result: Result, now: datetime) -> None:
    """Keep what a host did, and tell it on the ticket if that is one of its site."""
    if not repository.add_result(connection, result, site_id=agent.site_id, agent_id=agent.id, now=now):
        return
    if result.outcome is not Outcome.REFUSED or result.obstacle not in _CURABLE:
        repository.settle(connection, agent.id, result.digest, now)
    held = acts.find_ticket(connection, result.ticket) if result.ticket else None
    if held is not None and held.site_id == agent.site_id:
        append(
            connection, held.site_id, [TicketChange(now, ChangeKind.ACTED, held.id, _detail(result))], actor=agent.id
        )


def take_heads(connection: Connection, agent: KnownAgent, marks: Sequence[AuditMark], now: datetime) -> list[Envelope]:
    """Those heads that may be countersigned."""
    found = []
    for mark in marks:
        try:
            envelope = decode_envelope(mark.envelope)
            head = read_head(envelope, agent.key)
        except Malformed:
            continue
        size, root = repository.last_head(connection, agent.id)
        if head.agent != agent.id or head.size < size or (head.size == size and root not in {"", head.root}):
            continue
        repository.save_head(connection, agent.id, size=head.size, root=head.root, raw=mark.envelope, now=now)
        found.append(envelope)
    return found


def _detail(result: Result) -> dict[str, str | int]:
    code = "" if result.exit_code is None else str(result.exit_code)
    parts = [result.action, result.outcome.value, result.obstacle, f"exit code {code}" if code else ""]
    return {
        "action": result.action,
        "outcome": result.outcome.value,
        "obstacle": result.obstacle,
        "engineer": result.engineer,
        "approvers": ", ".join(result.approvers),
        "exit_code": code,
        "text": " ".join(part for part in parts if part),
        "output": result.output[:2_000],
    }
