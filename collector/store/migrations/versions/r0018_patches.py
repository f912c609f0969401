"""Patches that the vendor published, and what customers said about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Patches that the vendor published, and what customers said about them."""
    op.create_table(
        "patch",
        sa.Column("product", sa.String(64), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("product", "id", name="pk_patch"),
    )
    op.create_table(
        "patch_decision",
        sa.Column("id", sa.Integer()),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_patch_decision_site_id"), nullable=False),
        sa.Column("product", sa.String(64), nullable=False),
        sa.Column("patch", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("said_by", sa.String(128), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_patch_decision"),
    )
    op.create_index("ix_patch_decision_site_id", "patch_decision", ["site_id"])
    op.create_index("ix_patch_decision_product_patch", "patch_decision", ["product", "patch"])
    op.create_index("ix_backup_proof_ended_at", "backup_proof", ["ended_at"])
