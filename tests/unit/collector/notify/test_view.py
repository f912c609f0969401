"""Shapes of the JSON that programs rely on."""

from __future__ import annotations

from datetime import UTC, datetime

from collector.notify.model import AttemptRecord, MessageRecord, Quiet, Recipient, Webhook
from collector.notify.state import MessageState
from collector.notify.view import attempt_view, message_view, recipient_view, webhook_view, whole_message_view
from collector.tickets.desk.model import NoticeKind

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TEXT = "2026-11-24T01:00:00.000000Z"
RECORD = MessageRecord(
    id=1, uid="msg_1", channel="mail", target_id=1, target="kim", address="k@e.com", kind="page", cause="opened",
    site_id="seoul", number="2026-000001", problem_id=None, subject="s", created_at=NOW, state=MessageState.SENT,
    next_at=None, attempts=1, settled_at=NOW, digest_id=None,
)  # fmt: skip


def test_a_recipient() -> None:
    shown = recipient_view(
        Recipient(1, "kim", "k@e.com", "ko", (NoticeKind.PAGE,), 2, ("seoul",), "UTC", Quiet("22:00", "07:00"), NOW)
    )
    assert (shown["kinds"], shown["quiet"], shown["created_at"]) == (["page"], "22:00-07:00", TEXT)


def test_a_webhook_never_shows_its_secret() -> None:
    shown = webhook_view(Webhook(1, "chat", "https://c.example", (), NOW, None))
    assert set(shown) == {"name", "address", "events", "created_at", "disabled_at"}


def test_a_message_and_its_history() -> None:
    attempt = AttemptRecord(NOW, "deliver", 250, "taken", "courier", 12)
    whole = whole_message_view(RECORD, "body", [attempt])
    assert whole == {**message_view(RECORD), "body": "body", "history": [attempt_view(attempt)]}
    assert (whole["to"], whole["ticket"], whole["state"], whole["settled_at"]) == ("kim", "2026-000001", "sent", TEXT)
