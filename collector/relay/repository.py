"""Documents and results in the database; SQL only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from collector.relay.reading import Incoming
from collector.store.prepared import Prepared
from collector.store.tables import action_result, agent, document
from wire.messages import encode_record
from wire.proofs import PatchProgress, Result

PROGRESS = "progress"  # the outcome of a row that holds the states of a patch


def _is_due(now: Any, sent_before: Any) -> ColumnElement[bool]:
    is_unsent = or_(document.c.sent_at.is_(None), document.c.sent_at < sent_before)
    is_held = exists().where(agent.c.id == document.c.agent_id, agent.c.quarantined_at.is_not(None))
    return and_(document.c.settled_at.is_(None), document.c.not_after > now, is_unsent, ~is_held)


_DUE_AGENTS = Prepared(
    select(document.c.agent_id)
    .distinct()
    .where(
        document.c.agent_id.in_(bindparam("agents", expanding=True)),
        _is_due(bindparam("now"), bindparam("sent_before")),
    )
)


def hosts_of_site(connection: Connection, site_id: str) -> set[str]:
    """Agents of a site that are not revoked."""
    query = select(agent.c.id).where(agent.c.site_id == site_id, agent.c.revoked_at.is_(None))
    return set(connection.execute(query).scalars())


def add_document(connection: Connection, found: Incoming, raw: bytes, agents: Sequence[str], now: datetime) -> None:
    """Queue a document for these agents."""
    rows = [
        {
            "agent_id": each,
            "kind": found.kind,
            "about": found.about,
            "content": raw,
            "added_at": now,
            "not_after": found.not_after,
        }
        for each in agents
    ]
    connection.execute(insert(document), rows)


def due_documents(
    connection: Connection, agent_id: str, *, now: datetime, sent_before: datetime, limit: int
) -> Sequence[RowMapping]:
    """What this agent should get now: not settled, not over, and not sent since `sent_before`."""
    query = (
        select(document.c.id, document.c.kind, document.c.about, document.c.content, document.c.deliveries)
        .where(document.c.agent_id == agent_id, _is_due(now, sent_before))
        .order_by(document.c.id)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


def due_agents(connection: Connection, agents: Sequence[str], *, now: datetime, sent_before: datetime) -> set[str]:
    """Which of these agents should get anything now."""
    found = _DUE_AGENTS.each(connection, "agents", agents, now=now, sent_before=sent_before)
    return {row.agent_id for row in found}


def newest_document(connection: Connection) -> int:
    """The number of the newest document, 0 while there is none."""
    return connection.execute(select(func.max(document.c.id))).scalar_one_or_none() or 0


def agents_since(connection: Connection, after: int) -> set[str]:
    """For whom documents were added after the one of this number."""
    return set(connection.execute(select(document.c.agent_id).where(document.c.id > after)).scalars())


def note_sent(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """These go down with the answer that is being made."""
    values = {"sent_at": now, "deliveries": document.c.deliveries + 1}
    connection.execute(update(document).where(document.c.id.in_(ids)).values(values))


def settle_sent(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """These have been sent often enough."""
    connection.execute(update(document).where(document.c.id.in_(ids)).values(settled_at=now))


def settle(connection: Connection, agent_id: str, about: str, now: datetime) -> None:
    """The host has said its last word about this request."""
    mine = (document.c.agent_id == agent_id) & (document.c.about == about) & document.c.settled_at.is_(None)
    connection.execute(update(document).where(mine).values(settled_at=now))


def add_result(connection: Connection, result: Result, *, site_id: str, agent_id: str, now: datetime) -> bool:
    """Keep a result; False when it is known already."""
    body = encode_record(result).decode()
    same = select(action_result.c.id).where(
        action_result.c.digest == result.digest, action_result.c.agent_id == agent_id, action_result.c.body == body
    )
    if connection.execute(same).first() is not None:
        return False
    row = {"site_id": site_id, "agent_id": agent_id, "digest": result.digest, "outcome": result.outcome.value}
    connection.execute(insert(action_result).values(**row, received_at=now, body=body))
    return True


def find_progress(connection: Connection, digest: str, agent_id: str) -> PatchProgress | None:
    """How far the patch of this request has come on a host, as it said last."""
    row = connection.execute(select(action_result.c.body).where(_is_progress(digest, agent_id))).first()
    return None if row is None else msgspec.json.decode(row.body, type=PatchProgress)


def keep_progress(
    connection: Connection, progress: PatchProgress, *, site_id: str, agent_id: str, now: datetime
) -> None:
    """Keep it instead of what the host said before."""
    body = encode_record(progress).decode()
    mine = _is_progress(progress.digest, agent_id)
    if connection.execute(update(action_result).where(mine).values(body=body, received_at=now)).rowcount:
        return
    row = {"site_id": site_id, "agent_id": agent_id, "digest": progress.digest, "outcome": PROGRESS}
    connection.execute(insert(action_result).values(**row, received_at=now, body=body))


def _is_progress(digest: str, agent_id: str) -> ColumnElement[bool]:
    of_host = (action_result.c.digest == digest) & (action_result.c.agent_id == agent_id)
    return of_host & (action_result.c.outcome == PROGRESS)
