"""Requests with their state on each host; tokens of the API that end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

YEAR_US = 365 * 86_400 * 1_000_000


def upgrade() -> None:
    """Tables of requests; a token from before ends a year after it was made."""
    op.create_table(
        "action_request",
        sa.Column("id", sa.String(32)),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_action_request_site_id"), nullable=False),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", name="fk_action_request_ticket_id")),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_action_request"),
    )
    op.create_index("ix_action_request_digest", "action_request", ["digest"])
    op.create_index("ix_action_request_ticket_id", "action_request", ["ticket_id"])
    op.create_table(
        "action_request_host",
        sa.Column(
            "request_id",
            sa.String(32),
            sa.ForeignKey("action_request.id", name="fk_action_request_host_request_id"),
        ),
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_action_request_host_agent_id")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("obstacle", sa.String(64), nullable=False, server_default=""),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "agent_id", name="pk_action_request_host"),
    )
    op.add_column("api_token", sa.Column("label", sa.String(64), nullable=False, server_default=""))
    op.execute(f"UPDATE api_token SET expires_at = created_at + {YEAR_US} WHERE expires_at IS NULL")  # noqa: S608  # a number of our own
