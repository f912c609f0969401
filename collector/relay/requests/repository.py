"""Requests in the database; SQL only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, insert, select, update

from collector.relay.bundles import repository as bundles
from collector.relay.requests.model import ON_TICKET, Asked, HostStanding, RequestRecord
from collector.relay.requests.state import OPEN, RequestState
from collector.store.tables import action_request, action_request_host, action_result, agent, event, ticket
from wire.errors import Malformed
from wire.messages import decode_record
from wire.proofs import Result


def hosts_of(connection: Connection, site_id: str, limit: int) -> dict[str, str]:
    """Names of the site's hosts by agent id, revoked ones left out."""
    query = select(agent.c.id, agent.c.hostname).where(agent.c.site_id == site_id, agent.c.revoked_at.is_(None))
    return {row.id: row.hostname for row in connection.execute(query.order_by(agent.c.hostname).limit(limit))}


def hosts_of_ticket(connection: Connection, ticket_id: int) -> set[str]:
    """Agents that sent events of this ticket."""
    query = select(event.c.agent_id).where(event.c.ticket_id == ticket_id, event.c.agent_id.is_not(None)).distinct()
    return set(connection.execute(query).scalars())


def add_request(connection: Connection, record: RequestRecord, state: RequestState, now: datetime) -> None:
    """Store a new draft or request with its hosts."""
    connection.execute(
        insert(action_request).values(
            id=record.id,
            site_id=record.site,
            ticket_id=record.ticket_id,
            body=_body(record.asked),
            made_by=record.made_by,
            made_at=record.made_at,
            not_after=record.not_after,
            digest=record.digest,
        )
    )
    add_hosts(connection, record.id, record.asked.hosts, state, now)


def add_hosts(
    connection: Connection, request_id: str, agents: Sequence[str], state: RequestState, now: datetime
) -> None:
    """Hosts that the request is for, beyond those that stand there."""
    known = select(action_request_host.c.agent_id).where(action_request_host.c.request_id == request_id)
    new = sorted(set(agents) - set(connection.execute(known).scalars()))
    rows = [{"request_id": request_id, "agent_id": each, "state": state.value, "changed_at": now} for each in new]
    if rows:
        connection.execute(insert(action_request_host), rows)


def sign_request(connection: Connection, request_id: str, *, asked: Asked, digest: str, not_after: datetime) -> None:
    """A draft was signed: from now on it says what the document says."""
    values = {"body": _body(asked), "digest": digest, "not_after": not_after}
    connection.execute(update(action_request).where(action_request.c.id == request_id).values(values))


def find_request(connection: Connection, request_id: str) -> RequestRecord | None:
    """The draft or request with this id."""
    return _one(connection, _requests().where(action_request.c.id == request_id))


def find_by_digest(connection: Connection, digest: str) -> RequestRecord | None:
    """The signed request with this digest."""
    return _one(connection, _requests().where(action_request.c.digest == digest))


def requests_of_ticket(connection: Connection, ticket_id: int) -> list[RequestRecord]:
    """The newest requests of a ticket, newest first."""
    query = _requests().where(action_request.c.ticket_id == ticket_id)
    query = query.order_by(action_request.c.made_at.desc(), action_request.c.id).limit(ON_TICKET)
    return [_record(connection, row) for row in connection.execute(query).all()]


def count_drafts(connection: Connection, ticket_id: int) -> int:
    """How many drafts of a ticket wait."""
    query = (
        select(func.count(action_request.c.id.distinct()))
        .join(action_request_host, action_request_host.c.request_id == action_request.c.id)
        .where(action_request.c.ticket_id == ticket_id, action_request_host.c.state == RequestState.DRAFTED.value)
    )
    return int(connection.execute(query).scalar_one())


def lapsed(connection: Connection, now: datetime, limit: int) -> list[RequestRecord]:
    """Requests whose time is over and that stand open on some host."""
    states = [state.value for state in OPEN]
    is_open = select(action_request_host.c.request_id).where(action_request_host.c.state.in_(states))
    query = _requests().where(action_request.c.id.in_(is_open), action_request.c.not_after <= now).limit(limit)
    return [_record(connection, row) for row in connection.execute(query).all()]


def set_state(
    connection: Connection, request_id: str, agent_id: str, *, state: RequestState, obstacle: str, now: datetime
) -> None:
    """Move the request on one host."""
    mine = (action_request_host.c.request_id == request_id) & (action_request_host.c.agent_id == agent_id)
    values = {"state": state.value, "obstacle": obstacle, "changed_at": now}
    connection.execute(update(action_request_host).where(mine).values(values))


def _requests() -> Select[Any]:
    return select(action_request, ticket.c.number).outerjoin(ticket, ticket.c.id == action_request.c.ticket_id)


def _one(connection: Connection, query: Select[Any]) -> RequestRecord | None:
    row = connection.execute(query).first()
    return None if row is None else _record(connection, row)


def _record(connection: Connection, row: Any) -> RequestRecord:
    return RequestRecord(
        id=row.id,
        site=row.site_id,
        ticket_id=row.ticket_id,
        ticket=row.number or "",
        asked=msgspec.json.decode(row.body, type=Asked),
        made_by=row.made_by,
        made_at=row.made_at,
        not_after=row.not_after,
        digest=row.digest,
        hosts=_standings(connection, row.id, row.digest),
    )


def _standings(connection: Connection, request_id: str, digest: str | None) -> list[HostStanding]:
    query = (
        select(action_request_host, agent.c.hostname)
        .join(agent, agent.c.id == action_request_host.c.agent_id)
        .where(action_request_host.c.request_id == request_id)
        .order_by(agent.c.hostname, agent.c.id)
    )
    results = _results(connection, digest) if digest else {}
    found = bundles.of_request(connection, digest) if digest else {}
    return [
        HostStanding(
            agent=row.agent_id,
            hostname=row.hostname,
            state=RequestState(row.state),
            obstacle=row.obstacle,
            changed_at=row.changed_at,
            result=results.get(row.agent_id),
            bundle=found.get(row.agent_id),
        )
        for row in connection.execute(query).all()
    ]


def _results(connection: Connection, digest: str) -> dict[str, Result]:
    """The newest result of each host."""
    query = select(action_result.c.agent_id, action_result.c.body).where(action_result.c.digest == digest)
    found = {}
    for row in connection.execute(query.order_by(action_result.c.id)):
        try:
            record = decode_record(row.body.encode())
        except Malformed:
            continue
        if isinstance(record, Result):
            found[row.agent_id] = record
    return found


def _body(asked: Asked) -> str:
    return msgspec.json.encode(asked).decode()
