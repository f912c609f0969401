"""The packages and modules of each host."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The packages and modules of each host."""
    op.create_table(
        "software",
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_software_agent_id")),
        sa.Column("kind", sa.String(16)),
        sa.Column("name", sa.String(128)),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_software_site_id"), nullable=False),
        sa.Column("version", sa.String(512), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "kind", "name", name="pk_software"),
    )
    op.create_index("ix_software_site_id_kind_name", "software", ["site_id", "kind", "name"])
    op.create_table(
        "software_list",
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name="fk_software_list_agent_id")),
        sa.Column("kind", sa.String(16)),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("is_sure", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "kind", name="pk_software_list"),
    )
