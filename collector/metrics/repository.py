"""Numbers that stand in the database: agents by presence, tickets, the outbox, its own size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, func, select, text

from collector.store.tables import agent, message, ticket

_PRESENCE = case(
    (agent.c.revoked_at.is_not(None), "revoked"),
    (agent.c.silent_since.is_not(None), "silent"),
    (agent.c.last_seen_at.is_(None), "new"),
    else_="up",
)
_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


@dataclass(frozen=True)
class Stored:
    """What was counted."""

    agents: dict[str, int]  # by presence
    tickets: dict[str, int]  # by state
    messages: dict[str, int]  # of the outbox, by state
    next_message_at: datetime | None  # the earliest that is due or was
    size_bytes: int


def count_stored(connection: Connection) -> Stored:
    """Count everything; a few milliseconds for ten thousand agents."""
    pending = select(func.min(message.c.next_at)).where(message.c.state == "waiting")
    return Stored(
        agents=_by(connection, _PRESENCE, agent.c.id),
        tickets=_by(connection, ticket.c.status, ticket.c.id),
        messages=_by(connection, message.c.state, message.c.id),
        next_message_at=connection.execute(pending).scalar_one_or_none(),
        size_bytes=int(connection.execute(text(_SIZE[connection.dialect.name])).scalar_one()),
    )


def _by(connection: Connection, key: ColumnElement[str], counted: ColumnElement[object]) -> dict[str, int]:
    query = select(key, func.count(counted)).group_by(key)
    return {str(value): int(count) for value, count in connection.execute(query)}
