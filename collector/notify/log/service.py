"""Sending a dead letter again: the same message under the same id."""

from __future__ import annotations

from collector.errors import CollectorError
from collector.notify import repository as messages
from collector.notify.log import repository as rows
from collector.notify.state import MessageEvent, MessageState
from collector.parts import Parts
from wire.sentence import sentence


class MessageRefused(CollectorError):
    """The message is unknown, or is not one that can be sent again."""


def send_again(parts: Parts, message_id: int, *, actor: str) -> None:
    """Put a dead message on its way again; `MessageRefused` when it is not dead, or nobody is there to get it."""
    with parts.store.writing() as connection:
        found = rows.find_message(connection, message_id)
        if found is None:
            raise MessageRefused(sentence("there is no message {number}", number=message_id))
        record, _ = found
        if record.state is not MessageState.DEAD:
            raise MessageRefused(sentence("message {number} is not a dead letter", number=message_id))
        if not rows.is_reachable(connection, record):
            raise MessageRefused(sentence("{name} was removed or is disabled", name=record.target))
        words = "a person asked for it"
        messages.move(connection, [message_id], record.state, MessageEvent.RESEND, parts.now(), words, actor=actor)
