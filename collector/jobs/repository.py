"""Deleting what has expired, in small pieces."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Table, delete, func, select

from collector.store.tables import (
    alert_change,
    api_token,
    batch,
    event,
    gap,
    health_sample,
    login_failure,
    login_link,
    message,
    notice,
    parked,
    web_session,
)

CHUNK_ROWS = 1_000  # a delete that holds the write lock for some milliseconds

# Rows are appended in the order of time, so the oldest are those with the lowest ids: no index is needed.
_GROWING: dict[str, tuple[Table, str]] = {
    "event": (event, "received_at"),
    "health": (health_sample, "received_at"),
    "batch": (batch, "received_at"),
    "parked": (parked, "received_at"),
    "gap": (gap, "received_at"),
    "change": (alert_change, "at"),
    "login_failure": (login_failure, "at"),
    "notice": (notice, "at"),
    "message": (message, "created_at"),
}
_EXPIRING = (web_session, login_link, api_token)


def delete_oldest(connection: Connection, name: str, *, before: datetime, keep_rows: int) -> int:
    """Delete up to `CHUNK_ROWS` of the oldest rows that are too old or too many; returns how many."""
    table, column = _GROWING[name]
    last_id = connection.execute(select(func.max(table.c.id))).scalar_one_or_none()
    if last_id is None:
        return 0
    oldest = select(table.c.id, table.c[column].label("at")).order_by(table.c.id).limit(CHUNK_ROWS).subquery()
    too_many = oldest.c.id <= last_id - keep_rows
    # The newest row stays: in an empty table ids would begin again, and who has read up to one would miss rows.
    unwanted = select(oldest.c.id).where((oldest.c.at < before) | too_many, oldest.c.id < last_id)
    return connection.execute(delete(table).where(table.c.id.in_(unwanted))).rowcount


def delete_expired(connection: Connection, now: datetime) -> int:
    """Delete sessions, login links and interface tokens whose time is over."""
    return sum(connection.execute(delete(table).where(table.c.expires_at < now)).rowcount for table in _EXPIRING)
