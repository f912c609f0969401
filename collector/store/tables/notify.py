"""Who is told, what they are told, and whether it arrived."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from collector.store.instant import Instant
from collector.store.tables.base import metadata

# Rows of `recipient` and `webhook` stay when somebody is removed, so that an id never means another person.
recipient = Table(
    "recipient",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, index=True),
    Column("address", String(254), nullable=False),
    Column("language", String(16), nullable=False),
    Column("kinds", Text, nullable=False),  # JSON list of collector.tickets.desk.model.NoticeKind
    Column("level", Integer, nullable=False),  # this level and the worse ones
    Column("sites", Text, nullable=False),  # JSON list of site ids; empty: every site
    Column("zone", String(64), nullable=False),
    Column("quiet_from", String(5)),  # HH:MM in `zone`; digests wait until `quiet_until`
    Column("quiet_until", String(5)),
    Column("created_at", Instant, nullable=False),
    Column("held_until", Instant),  # nothing is tried before
    Column("removed_at", Instant),
    CheckConstraint("level BETWEEN 1 AND 4", name="level"),
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, index=True),
    Column("address", Text, nullable=False),
    Column("secret", Text, nullable=False),  # sealed: collector.notify.sealing
    Column("events", Text, nullable=False),  # JSON list of names; empty: every event
    Column("created_at", Instant, nullable=False),
    Column("held_until", Instant),
    Column("disabled_at", Instant),  # it answered that it is gone
    Column("removed_at", Instant),
)

# The outbox, and afterwards the record of who was told what. What it says is fixed when the row is made.
message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(40), nullable=False, unique=True),  # the same at every try, so that a receiver can tell
    Column("dedupe_key", String(200), nullable=False, unique=True),
    Column("channel", String(8), nullable=False),
    Column("target_id", Integer, nullable=False),  # of `recipient` or `webhook`
    Column("kind", String(16), nullable=False),
    Column("cause", String(32), nullable=False),
    Column("site_id", ForeignKey("site.id")),
    Column("ticket_id", ForeignKey("ticket.id"), index=True),
    Column("problem_id", Integer, index=True),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("next_at", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),  # since somebody last asked for it
    Column("claimed_by", String(64)),
    Column("claimed_until", Instant),
    Column("settled_at", Instant),
    Column("digest_id", Integer, index=True),  # the message that told it together with others
    CheckConstraint("state IN ('gathered','waiting','sending','sent','dead','folded')", name="state"),
    Index("ix_message_channel_state_next_at", "channel", "state", "next_at"),
    Index("ix_message_created_at", "created_at"),
)

message_attempt = Table(
    "message_attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("event", String(16), nullable=False),  # collector.notify.state.MessageEvent
    Column("status", Integer),  # what the other side answered, HTTP or SMTP
    Column("detail", Text, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("duration_ms", Integer),
)
