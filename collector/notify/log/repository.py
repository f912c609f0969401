"""Messages and their histories for people to read; SQL only, every list bounded."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from collector.notify.model import AttemptRecord, Channel, MessageRecord
from collector.notify.state import MessageState
from collector.store.tables import message, message_attempt, recipient, ticket, webhook

LIMIT, LIMIT_MAX = 100, 500
ATTEMPTS = 200


@dataclass(frozen=True)
class MessageFilter:
    """Which messages; every condition that is set must hold. `before` is a message's id: only older ones."""

    state: str | None = None
    channel: str | None = None
    target: str | None = None
    ticket: str | None = None
    before: int | None = None
    limit: int = LIMIT


_OWN = {column.name for column in message.c} & {place.name for place in fields(MessageRecord)}
_IS_MAIL = message.c.channel == Channel.MAIL.value
_TARGET = case((_IS_MAIL, recipient.c.name), else_=webhook.c.name)


def list_messages(connection: Connection, wanted: MessageFilter) -> list[MessageRecord]:
    """Messages, the newest first."""
    query = _messages()
    if wanted.state is not None:
        query = query.where(message.c.state == wanted.state)
    if wanted.channel is not None:
        query = query.where(message.c.channel == wanted.channel)
    if wanted.target is not None:
        query = query.where(_TARGET == wanted.target)  # noqa: SIM300  # a column is compared
    if wanted.ticket is not None:
        query = query.where(ticket.c.number == wanted.ticket)
    if wanted.before is not None:
        query = query.where(message.c.id < wanted.before)
    return [_record(row) for row in connection.execute(query.order_by(message.c.id.desc()).limit(wanted.limit))]


def find_message(connection: Connection, message_id: int) -> tuple[MessageRecord, str] | None:
    """One message, and what it says."""
    row = connection.execute(_messages().where(message.c.id == message_id)).first()
    if row is None:
        return None
    body = connection.execute(select(message.c.body).where(message.c.id == message_id)).scalar_one()
    return _record(row), body


def attempts_of(connection: Connection, message_id: int) -> list[AttemptRecord]:
    """The history of one message, the newest first."""
    names = tuple(message_attempt.c[place.name] for place in fields(AttemptRecord))
    query = select(*names).where(message_attempt.c.message_id == message_id).order_by(message_attempt.c.id.desc())
    return [AttemptRecord(**row) for row in connection.execute(query.limit(ATTEMPTS)).mappings()]


def is_reachable(connection: Connection, record: MessageRecord) -> bool:
    """Whether whom a message is for has not been removed or disabled."""
    if record.channel == Channel.MAIL.value:
        live = (recipient.c.id == record.target_id) & recipient.c.removed_at.is_(None)
        return connection.execute(select(recipient.c.id).where(live)).first() is not None
    live = (webhook.c.id == record.target_id) & webhook.c.removed_at.is_(None) & webhook.c.disabled_at.is_(None)
    return connection.execute(select(webhook.c.id).where(live)).first() is not None


def counts(connection: Connection) -> dict[MessageState, int]:
    """How many messages are in each state."""
    query = select(message.c.state, func.count()).group_by(message.c.state)
    return {MessageState(row[0]): row[1] for row in connection.execute(query)}


def _messages() -> Select[Any]:
    return (
        select(
            *(message.c[name] for name in sorted(_OWN)),
            _TARGET.label("target"),
            case((_IS_MAIL, recipient.c.address), else_=webhook.c.address).label("address"),
            ticket.c.number,
        )
        .outerjoin(recipient, _IS_MAIL & (recipient.c.id == message.c.target_id))
        .outerjoin(webhook, ~_IS_MAIL & (webhook.c.id == message.c.target_id))
        .outerjoin(ticket, ticket.c.id == message.c.ticket_id)
    )


def _record(row: Any) -> MessageRecord:
    values = {place.name: getattr(row, place.name) for place in fields(MessageRecord)}
    return MessageRecord(**{**values, "state": MessageState(row.state)})
