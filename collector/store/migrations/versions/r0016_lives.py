"""What is known of each agent's life; levels that a person set, reminders of tickets that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is known of each agent's life; levels that a person set, reminders of tickets that wait."""
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
    op.add_column("ticket", sa.Column("lowered_from", sa.Integer()))
    op.add_column("ticket", sa.Column("waiting_since", sa.BigInteger()))
    op.add_column("ticket", sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("ticket", sa.Column("reminded_at", sa.BigInteger()))
    op.create_index("ix_ticket_waiting_since", "ticket", ["waiting_since"])
