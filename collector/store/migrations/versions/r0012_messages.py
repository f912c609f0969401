"""Who is told, what they are told, and whether it arrived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Recipients, webhooks, messages and their attempts; what was noticed before today is not told any more."""
    op.create_table(
        "recipient",
        sa.Column("id", sa.Integer()),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("quiet_from", sa.String(5)),
        sa.Column("quiet_until", sa.String(5)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger()),
        sa.Column("removed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_recipient"),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    )
    op.create_index("ix_recipient_name", "recipient", ["name"])
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer()),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger()),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.Column("removed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_index("ix_webhook_name", "webhook", ["name"])
    _add_messages()
    for key, table in (("notice_told", "notice"), ("ticket_event_told", "ticket_event")):
        op.execute(
            f"INSERT INTO meta (key, value) SELECT '{key}', CAST(COALESCE(MAX(id), 0) AS TEXT) FROM {table}"  # noqa: S608
        )


def _add_messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer()),
        sa.Column("uid", sa.String(40), nullable=False),
        sa.Column("dedupe_key", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(32), nullable=False),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_message_site_id")),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", name="fk_message_ticket_id")),
        sa.Column("problem_id", sa.Integer()),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("claimed_by", sa.String(64)),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("digest_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("uid", name="uq_message_uid"),
        sa.UniqueConstraint("dedupe_key", name="uq_message_dedupe_key"),
        sa.CheckConstraint("state IN ('gathered','waiting','sending','sent','dead','folded')", name="state"),
    )
    op.create_index("ix_message_ticket_id", "message", ["ticket_id"])
    op.create_index("ix_message_digest_id", "message", ["digest_id"])
    op.create_index("ix_message_channel_state_next_at", "message", ["channel", "state", "next_at"])
    op.create_index("ix_message_created_at", "message", ["created_at"])
    op.create_index("ix_message_problem_id", "message", ["problem_id"])
    op.create_table(
        "message_attempt",
        sa.Column("id", sa.Integer()),
        sa.Column(
            "message_id",
            sa.Integer(),
            sa.ForeignKey("message.id", name="fk_message_attempt_message_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("duration_ms", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_message_attempt"),
    )
    op.create_index("ix_message_attempt_message_id", "message_attempt", ["message_id"])
