"""Errors without a code: their templates, and how often they came at each site and day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Errors without a code, and their days."""
    op.create_table(
        "unknown_error",
        sa.Column("id", sa.Integer()),
        sa.Column("product", sa.String(128), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("catalogue_version", sa.String(128), nullable=False),
        sa.Column("severity", sa.String(64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, server_default="new"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("code", sa.String(64), nullable=False, server_default=""),
        sa.Column("decided_by", sa.String(64), nullable=False, server_default=""),
        sa.Column("decided_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_unknown_error"),
        sa.UniqueConstraint("product", "fingerprint", name="uq_unknown_error_product_fingerprint"),
    )
    op.create_index("ix_unknown_error_last_at", "unknown_error", ["last_at"])
    op.create_table(
        "unknown_day",
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_unknown_day_site_id")),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("unknown_id", sa.Integer(), sa.ForeignKey("unknown_error.id", name="fk_unknown_day_unknown_id")),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "day", "unknown_id", name="pk_unknown_day"),
    )
    op.create_index("ix_unknown_day_unknown_id_day", "unknown_day", ["unknown_id", "day"])
