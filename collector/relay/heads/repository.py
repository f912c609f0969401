"""The newest countersigned head of each host in the database; SQL only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from collector.store.tables import audit_head
from collector.store.upserts import upsert


def last_head(connection: Connection, agent_id: str) -> bytes | None:
    """The envelope of the newest head, as the host signed it; None before the first."""
    query = select(audit_head.c.envelope).where(audit_head.c.agent_id == agent_id)
    found: bytes | None = connection.execute(query).scalar_one_or_none()
    return found


def save_head(connection: Connection, agent_id: str, *, size: int, root: str, raw: bytes, now: datetime) -> None:
    """Remember what is countersigned."""
    values = {"size": size, "root": root, "received_at": now, "envelope": raw}
    row = upsert(audit_head).values(agent_id=agent_id, **values)
    connection.execute(row.on_conflict_do_update(index_elements=[audit_head.c.agent_id], set_=values))
