"""Deleting what has expired, in small pieces."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Table, delete, func, select

from collector.store.tables import (
    action_request,
    action_request_host,
    action_result,
    alert_change,
    api_token,
    batch,
    document,
    event,
    gap,
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
    "batch": (batch, "received_at"),
    "parked": (parked, "received_at"),
    "gap": (gap, "received_at"),
    "change": (alert_change, "at"),
    "result": (action_result, "received_at"),
    "login_failure": (login_failure, "at"),
    "notice": (notice, "at"),
    "message": (message, "created_at"),
}
# The newest row of these stays: in an empty table ids would begin again, and who has read up to one would miss rows.
_READ_BY_ID = frozenset({"notice", "message"})
_EXPIRING = (web_session, login_link, api_token)


def delete_oldest(connection: Connection, name: str, *, before: datetime, keep_rows: int) -> int:
    """Delete up to `CHUNK_ROWS` of the oldest rows that are too old or too many; returns how many."""
    table, column = _GROWING[name]
    last_id = connection.execute(select(func.max(table.c.id))).scalar_one_or_none()
    if last_id is None:
        return 0
    oldest = select(table.c.id, table.c[column].label("at")).order_by(table.c.id).limit(CHUNK_ROWS).subquery()
    too_many = oldest.c.id <= last_id - keep_rows
    unwanted = select(oldest.c.id).where((oldest.c.at < before) | too_many)
    if name in _READ_BY_ID:
        unwanted = unwanted.where(oldest.c.id < last_id)
    return connection.execute(delete(table).where(table.c.id.in_(unwanted))).rowcount


def delete_documents(connection: Connection, before: datetime) -> int:
    """Delete up to `CHUNK_ROWS` documents that no host is sent any more since `before`; returns how many."""
    is_old = (document.c.settled_at < before) | (document.c.not_after < before)
    old = select(document.c.id).where(is_old).limit(CHUNK_ROWS)
    return connection.execute(delete(document).where(document.c.id.in_(old))).rowcount


def delete_requests(connection: Connection, *, drafts_before: datetime, before: datetime) -> int:
    """Delete up to `CHUNK_ROWS` drafts and requests whose time was over then, with their hosts; returns how many."""
    is_draft = action_request.c.digest.is_(None)
    is_old = (action_request.c.not_after < before) | (is_draft & (action_request.c.not_after < drafts_before))
    old = connection.execute(select(action_request.c.id).where(is_old).limit(CHUNK_ROWS)).scalars().all()
    connection.execute(delete(action_request_host).where(action_request_host.c.request_id.in_(old)))
    return connection.execute(delete(action_request).where(action_request.c.id.in_(old))).rowcount


def delete_expired(connection: Connection, now: datetime) -> int:
    """Delete sessions, login links and interface tokens whose time is over."""
    return sum(connection.execute(delete(table).where(table.c.expires_at < now)).rowcount for table in _EXPIRING)
