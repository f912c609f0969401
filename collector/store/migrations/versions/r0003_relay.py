"""Signed documents, results of actions, audit heads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Signed documents, results of actions, audit heads."""
    op.create_table(
        "document",
        sa.Column("id", sa.Integer()),
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_document_agent_id"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("settled_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
    )
    op.create_index("ix_document_agent_id_settled_at", "document", ["agent_id", "settled_at"])
    op.create_table(
        "action_result",
        sa.Column("id", sa.Integer()),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_action_result_site_id"), nullable=False),
        sa.Column(
            "agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_action_result_agent_id"), nullable=False
        ),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_action_result"),
    )
    op.create_index("ix_action_result_digest", "action_result", ["digest"])
    op.create_table(
        "audit_head",
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_audit_head_agent_id")),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", name="pk_audit_head"),
    )
