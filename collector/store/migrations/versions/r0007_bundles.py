"""Support bundles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bundles that came, or are coming, from hosts."""
    op.create_table(
        "bundle",
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_bundle_agent_id"), nullable=False),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_bundle_site_id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("is_stored", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("request_digest", "agent_id", name="pk_bundle"),
    )
    op.create_index("ix_bundle_site_id", "bundle", ["site_id"])
    op.create_index("ix_bundle_changed_at", "bundle", ["changed_at"])
