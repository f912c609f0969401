"""Recipients, webhooks and messages as JSON: one shape for the API and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collector.notify.model import AttemptRecord, MessageRecord, Recipient, Webhook
from collector.tickets.view import instant


def recipient_view(recipient: Recipient) -> dict[str, Any]:
    """A recipient."""
    quiet = recipient.quiet
    return {
        "name": recipient.name,
        "address": recipient.address,
        "language": recipient.language,
        "kinds": [kind.value for kind in recipient.kinds],
        "level": recipient.level,
        "sites": list(recipient.sites),
        "zone": recipient.zone,
        "quiet": None if quiet is None else f"{quiet.since}-{quiet.until}",
        "created_at": instant(recipient.created_at),
    }


def webhook_view(webhook: Webhook) -> dict[str, Any]:
    """A webhook; never its secret."""
    return {
        "name": webhook.name,
        "address": webhook.address,
        "events": list(webhook.events),
        "created_at": instant(webhook.created_at),
        "disabled_at": instant(webhook.disabled_at),
    }


def message_view(record: MessageRecord) -> dict[str, Any]:
    """A message as it stands in a list."""
    return {
        "id": record.id,
        "uid": record.uid,
        "channel": record.channel,
        "to": record.target,
        "address": record.address,
        "kind": record.kind,
        "cause": record.cause,
        "site": record.site_id,
        "ticket": record.number,
        "problem": record.problem_id,
        "subject": record.subject,
        "created_at": instant(record.created_at),
        "state": record.state.value,
        "next_at": instant(record.next_at),
        "attempts": record.attempts,
        "settled_at": instant(record.settled_at),
        "digest": record.digest_id,
    }


def whole_message_view(record: MessageRecord, body: str, attempts: Sequence[AttemptRecord]) -> dict[str, Any]:
    """A message with what it says and what became of every try, the newest first."""
    return {**message_view(record), "body": body, "history": [attempt_view(each) for each in attempts]}


def attempt_view(attempt: AttemptRecord) -> dict[str, Any]:
    """A row of a message's history."""
    return {
        "at": instant(attempt.at),
        "event": attempt.event,
        "status": attempt.status,
        "detail": attempt.detail,
        "actor": attempt.actor,
        "duration_ms": attempt.duration_ms,
    }
