"""What hosts proved about their backups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What hosts proved about their backups."""
    op.create_table(
        "backup_proof",
        sa.Column("id", sa.Integer()),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_backup_proof_site_id"), nullable=False),
        sa.Column(
            "agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_backup_proof_agent_id"), nullable=False
        ),
        sa.Column("journal", sa.String(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer()),
        sa.Column("is_good", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backup_proof"),
    )
    op.create_index("ix_backup_proof_site_id_ended_at", "backup_proof", ["site_id", "ended_at"])
    op.create_index("uq_backup_proof_number", "backup_proof", ["agent_id", "journal", "number"], unique=True)
