"""What is known of each agent's life: last words, interruptions, epochs, quarantine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is known of each agent's life: last words, interruptions, epochs, quarantine."""
    for column in (
        sa.Column("life_session", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_words", sa.Text()),
        sa.Column("lost_at", sa.BigInteger()),
        sa.Column("interruption", sa.String(32)),
        sa.Column("interrupted_at", sa.BigInteger()),
        sa.Column("epoch", sa.String(16), nullable=False, server_default=""),
        sa.Column("epoch_returns", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("quarantined_at", sa.BigInteger()),
    ):
        op.add_column("agent", column)
