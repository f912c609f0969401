"""Sites, agents and what they send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sites, agents and what they send."""
    _create_meta_and_sites()
    _create_agents()
    _create_health()
    _create_marks()
    _create_batches()


def _create_meta_and_sites() -> None:
    op.create_table(
        "catalogue",
        sa.Column("product", sa.String(128)),
        sa.Column("version", sa.String(128), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("product", name="pk_catalogue"),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(64)),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.String(64)),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("customer", sa.String(128), nullable=False),
        sa.Column("tz", sa.String(64), nullable=False),
        sa.Column("language", sa.String(16), nullable=False, server_default="en"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
    )
    op.create_table(
        "enrol_token",
        sa.Column("id", sa.String(16)),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_enrol_token_site_id"), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.Column("used_by", sa.String(64)),
        sa.Column("refused_count", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_enrol_token"),
    )


def _create_agents() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.String(64)),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_agent_site_id"), nullable=False),
        sa.Column("key_id", sa.String(43), nullable=False),
        sa.Column("public_key", sa.LargeBinary(32), nullable=False),
        sa.Column("hostname", sa.String(128), nullable=False),
        sa.Column("os", sa.Text(), nullable=False, server_default=""),
        sa.Column("agent_version", sa.String(128), nullable=False, server_default=""),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("last_seen_at", sa.BigInteger()),
        sa.Column("clock_skew_ms", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("session", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("spool_bytes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("spool_full", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("boot_id", sa.String(128), nullable=False, server_default=""),
        sa.Column("silent_since", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_agent"),
        sa.UniqueConstraint("key_id", name="uq_agent_key_id"),
    )
    op.create_index("ix_agent_site_id", "agent", ["site_id"])


def _create_health() -> None:
    op.create_table(
        "gap",
        sa.Column("id", sa.Integer()),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_gap_site_id"), nullable=False),
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_gap_agent_id"), nullable=False),
        sa.Column("cause", sa.String(32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap"),
    )
    op.create_index("ix_gap_site_id_noticed_at", "gap", ["site_id", "noticed_at"])
    op.create_table(
        "health_sample",
        sa.Column("id", sa.Integer()),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_health_sample_site_id"), nullable=False),
        sa.Column(
            "agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_health_sample_agent_id"), nullable=False
        ),
        sa.Column("sampled_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("cpu_percent", sa.Float(), nullable=False),
        sa.Column("memory_used_percent", sa.Float(), nullable=False),
        sa.Column("load_1m", sa.Float(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_health_sample"),
    )
    op.create_index("ix_health_sample_agent_id_sampled_at", "health_sample", ["agent_id", "sampled_at"])
    op.create_table(
        "inventory",
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_inventory_agent_id")),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_inventory_site_id"), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", name="pk_inventory"),
    )


def _create_marks() -> None:
    op.create_table(
        "batch_above",
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_batch_above_agent_id")),
        sa.Column("epoch", sa.String(16)),
        sa.Column("sequence", sa.Integer()),
        sa.PrimaryKeyConstraint("agent_id", "epoch", "sequence", name="pk_batch_above"),
    )
    op.create_table(
        "batch_mark",
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_batch_mark_agent_id")),
        sa.Column("epoch", sa.String(16)),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "epoch", name="pk_batch_mark"),
    )


def _create_batches() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer()),
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_batch_agent_id"), nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
        sa.UniqueConstraint("agent_id", "epoch", "sequence", name="uq_batch_agent_id_epoch_sequence"),
    )
    op.create_index("ix_batch_received_at", "batch", ["received_at"])
    op.create_table(
        "parked",
        sa.Column("id", sa.Integer()),
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_parked_agent_id"), nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_parked"),
    )
