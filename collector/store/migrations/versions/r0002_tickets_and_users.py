"""Alerts, tickets, events and the people who work on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LIVE = sa.text("status NOT IN ('resolved','closed','cancelled','merged')")


def upgrade() -> None:
    """Alerts, tickets, events and the people who work on them."""
    _create_fingerprints()
    _create_tickets()
    _create_alerts()
    _create_events()
    _create_users()


def _create_fingerprints() -> None:
    op.create_table(
        "fingerprint",
        sa.Column("id", sa.Integer()),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_fingerprint_site_id"), nullable=False),
        sa.Column("module", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fingerprint"),
        sa.UniqueConstraint("hash", name="uq_fingerprint_hash"),
    )
    op.create_index("ix_fingerprint_site_id_module_code", "fingerprint", ["site_id", "module", "code"])
    op.create_table(
        "alert_change",
        sa.Column("id", sa.Integer()),
        sa.Column(
            "fingerprint_id",
            sa.Integer(),
            sa.ForeignKey("fingerprint.id", name="fk_alert_change_fingerprint_id"),
            nullable=False,
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("from_state", sa.String(16), nullable=False),
        sa.Column("to_state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_change"),
    )
    op.create_index("ix_alert_change_fingerprint_id", "alert_change", ["fingerprint_id"])


def _create_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("fingerprint_id", sa.Integer(), sa.ForeignKey("fingerprint.id", name="fk_alert_fingerprint_id")),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_alert_site_id"), nullable=False),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", name="fk_alert_ticket_id")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("clearable", sa.Boolean(), nullable=False),
        sa.Column("first_firing_at", sa.BigInteger()),
        sa.Column("last_firing_at", sa.BigInteger()),
        sa.Column("ok_at", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("transient_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("waiting_count", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("fingerprint_id", name="pk_alert"),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_alert_level")),
        sa.CheckConstraint("state IN ('ok','pending','firing')", name=op.f("ck_alert_state")),
    )
    op.create_index("ix_alert_due_at", "alert", ["due_at"])


def _create_tickets() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer()),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_ticket_site_id"), nullable=False),
        sa.Column(
            "fingerprint_id",
            sa.Integer(),
            sa.ForeignKey("fingerprint.id", name="fk_ticket_fingerprint_id"),
            nullable=False,
        ),
        sa.Column("product", sa.String(128), nullable=False),
        sa.Column("module", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("opened_by", sa.String(16), nullable=False),
        sa.Column("clock_start_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger()),
        sa.Column("acknowledged_by", sa.String(64)),
        sa.Column("assignee", sa.String(64)),
        sa.Column("touched", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("recovered_at", sa.BigInteger()),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.Column("resolution", sa.String(32)),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("reopen_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("recurrence_of", sa.Integer(), sa.ForeignKey("ticket.id", name="fk_ticket_recurrence_of")),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_event_at", sa.BigInteger(), nullable=False),
        sa.Column("last_event_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_ticket_level")),
        sa.UniqueConstraint("number", name="uq_ticket_number"),
    )
    op.create_index("ix_ticket_opened_at", "ticket", ["opened_at"])
    op.create_index("ix_ticket_site_id_status", "ticket", ["site_id", "status"])
    op.create_index("ix_ticket_status_resolved_at", "ticket", ["status", "resolved_at"])
    op.create_index("one_open", "ticket", ["fingerprint_id"], unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
    op.create_table(
        "ticket_event",
        sa.Column("id", sa.Integer()),
        sa.Column(
            "ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", name="fk_ticket_event_ticket_id"), nullable=False
        ),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_ticket_event_site_id"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_event"),
    )
    op.create_index("ix_ticket_event_ticket_id", "ticket_event", ["ticket_id"])


def _create_events() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer()),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_event_site_id"), nullable=False),
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_event_agent_id")),
        sa.Column("epoch", sa.String(16), nullable=False, server_default=""),
        sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column(
            "fingerprint_id",
            sa.Integer(),
            sa.ForeignKey("fingerprint.id", name="fk_event_fingerprint_id"),
            nullable=False,
        ),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", name="fk_event_ticket_id")),
        sa.Column("module", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("disposition", sa.String(16), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("site_id", "event_id", name="uq_event_site_id_event_id"),
    )
    op.create_index("ix_event_agent_id_epoch_sequence", "event", ["agent_id", "epoch", "sequence"])
    op.create_index("ix_event_fingerprint_id_received_at", "event", ["fingerprint_id", "received_at"])
    op.create_index("ix_event_received_at", "event", ["received_at"])
    op.create_index("ix_event_ticket_id", "event", ["ticket_id"])


def _create_users() -> None:
    op.create_table(
        "login_failure",
        sa.Column("id", sa.Integer()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_failure"),
    )
    op.create_index("ix_login_failure_at", "login_failure", ["at"])
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer()),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("password_hash", sa.String(256)),
        sa.Column("language", sa.String(16), nullable=False, server_default="en"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("name", name="uq_user_account_name"),
    )
    op.create_table(
        "api_token",
        sa.Column("hash", sa.String(64)),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("user_account.id", name="fk_api_token_user_id"), nullable=False
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("hash", name="pk_api_token"),
    )
    op.create_table(
        "login_link",
        sa.Column("hash", sa.String(64)),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("user_account.id", name="fk_login_link_user_id"), nullable=False
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("hash", name="pk_login_link"),
    )
    op.create_table(
        "web_session",
        sa.Column("hash", sa.String(64)),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("user_account.id", name="fk_web_session_user_id"), nullable=False
        ),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_web_session"),
    )
