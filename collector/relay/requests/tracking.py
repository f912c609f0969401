"""Moving requests through their states, and telling it on the ticket's timeline. Within the caller's transaction.

Whatever does not fit the table is left as it is: documents are relayed and results kept whether or not
this bookkeeping knows of them. It decides about nothing that a host does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from collector.relay.requests import repository
from collector.relay.requests.model import Asked, RequestRecord
from collector.relay.requests.state import TABLE, RequestState, Step
from collector.store.database import Connection, Store
from collector.tickets.acts import repository as acts
from collector.tickets.model import RULE, ChangeKind, TicketChange
from collector.tickets.timeline.writing import append
from remediation.trust.curable import CURABLE
from remediation.trust.obstacles import Obstacle
from wire.documents.model import ActionRequest
from wire.proofs import Outcome, Result

CHUNK: Final = 100  # requests in one transaction
OUTPUT_CHARS: Final = 2_000  # of a program, on the timeline; the whole of it stands with the result

_STEPS: Final = {Outcome.DONE: Step.SUCCEED, Outcome.FAILED: Step.FAIL, Outcome.UNKNOWN: Step.LOSE}


class AnotherRequest(Exception):
    """Another request has this id already."""


def step_of(result: Result) -> Step:
    """What a host's word means for its request."""
    if result.outcome is not Outcome.REFUSED:
        return _STEPS[result.outcome]
    return Step.HINDER if result.obstacle in CURABLE else Step.REFUSE


def register(connection: Connection, document: ActionRequest, digest: str, *, actor: str, now: datetime) -> None:
    """A signed request is on its way; it may have been a draft before."""
    asked = Asked(
        product=document.product,
        action=document.action,
        parameters=document.parameters,
        reason=document.reason,
        hosts=sorted(set(document.hosts)),
    )
    known = repository.find_request(connection, document.id)
    if known is not None and known.digest == digest:
        return  # sent once more
    if known is not None and not (known.is_draft and known.site == document.site):
        raise AnotherRequest
    if known is None:
        held = acts.find_ticket(connection, document.ticket) if document.ticket else None
        ticket_id = held.id if held is not None and held.site_id == document.site else None
        known = RequestRecord(
            id=document.id,
            site=document.site,
            ticket_id=ticket_id,
            ticket=document.ticket if ticket_id else "",
            asked=asked,
            made_by=actor,
            made_at=now,
            not_after=document.not_after,
            digest=digest,
        )
        repository.add_request(connection, known, RequestState.SENT, now)
    else:
        repository.add_hosts(connection, known.id, asked.hosts, RequestState.SENT, now)
        repository.sign_request(connection, known.id, asked=asked, digest=digest, not_after=document.not_after)
        for host in known.hosts:
            step = Step.SIGN if host.agent in asked.hosts else Step.STOP
            repository.set_state(connection, known.id, host.agent, state=TABLE[host.state, step], obstacle="", now=now)
    tell(connection, known, actor=actor, state=RequestState.SENT, now=now, action=asked.action)


def tell(
    connection: Connection, record: RequestRecord, *, actor: str, state: RequestState, now: datetime, **detail: str
) -> None:
    """One line on the timeline, if the request belongs to a ticket."""
    held = acts.ticket_by_id(connection, record.ticket_id) if record.ticket_id else None
    if held is None:
        return
    said: dict[str, str | int] = {"request": record.id, "action": record.asked.action, "state": state.value, **detail}
    append(connection, held.site_id, [TicketChange(now, ChangeKind.REQUESTED, held.id, said)], actor=actor)


def deliver(connection: Connection, digests: Iterable[str], agent_id: str, now: datetime) -> None:
    """Requests with these digests go down to this host now."""
    for digest in digests:
        record = repository.find_by_digest(connection, digest)
        if record is not None:
            _move(connection, record, Step.DELIVER, now, only=agent_id)


def approve(connection: Connection, digest: str, agents: Iterable[str], now: datetime) -> None:
    """An approval of this request is on its way to these hosts."""
    record = repository.find_by_digest(connection, digest)
    if record is not None:
        for agent_id in agents:
            _move(connection, record, Step.APPROVE, now, only=agent_id)


def stop(connection: Connection, record: RequestRecord | None, *, actor: str, now: datetime) -> None:
    """It was discarded, declined or revoked."""
    if record is not None:
        _move(connection, record, Step.STOP, now, actor=actor)


def hear(connection: Connection, result: Result, agent_id: str, now: datetime) -> bool:
    """A host's word; whether it was told on a ticket here."""
    record = repository.find_by_digest(connection, result.digest)
    if record is None:
        return False
    _move(connection, record, step_of(result), now, only=agent_id, obstacle=result.obstacle, detail=detail_of(result))
    return record.ticket_id is not None


def note_going_on(connection: Connection, record: RequestRecord, agent_id: str, now: datetime) -> None:
    """A host is applying the patch that was asked for; its states are told elsewhere."""
    for host in record.hosts:
        after = TABLE.get((host.state, Step.HINDER))
        obstacle = Obstacle.IN_PROGRESS.value
        if host.agent == agent_id and after is not None and (after, obstacle) != (host.state, host.obstacle):
            repository.set_state(connection, record.id, agent_id, state=after, obstacle=obstacle, now=now)


def lapse(store: Store, now: datetime) -> int:
    """End what nobody signed, or no host answered, in its time; how many."""
    with store.reading() as connection:
        if not repository.lapsed(connection, now, CHUNK):
            return 0
    with store.writing() as connection:
        over = repository.lapsed(connection, now, CHUNK)
        for record in over:
            _move(connection, record, Step.LAPSE, now, actor=RULE)
    return len(over)


def detail_of(result: Result) -> dict[str, str]:
    """A result as a timeline keeps it."""
    code = "" if result.exit_code is None else str(result.exit_code)
    parts = [result.action, result.outcome.value, result.obstacle, f"exit code {code}" if code else ""]
    return {
        "outcome": result.outcome.value,
        "obstacle": result.obstacle,
        "engineer": result.engineer,
        "approvers": ", ".join(result.approvers),
        "exit_code": code,
        "text": " ".join(part for part in parts if part),
        "output": result.output[:OUTPUT_CHARS],
    }


def _move(
    connection: Connection,
    record: RequestRecord,
    step: Step,
    now: datetime,
    *,
    only: str = "",
    actor: str = "",
    obstacle: str = "",
    detail: Mapping[str, str] | None = None,
) -> None:
    """Take the step on the hosts where the table has it; what changed is told."""
    for host in record.hosts:
        after = TABLE.get((host.state, step))
        if after is None or (only and host.agent != only) or (after, obstacle) == (host.state, host.obstacle):
            continue
        if step is Step.DELIVER and after is host.state:
            continue
        repository.set_state(connection, record.id, host.agent, state=after, obstacle=obstacle, now=now)
        said = {**(detail or {}), "host": host.hostname}
        tell(connection, record, actor=actor or host.agent, state=after, now=now, **said)
