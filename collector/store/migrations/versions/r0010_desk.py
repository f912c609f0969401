"""What the rules keep of sites, codes and all sites; holds, flapping, parents, problems; notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What the rules keep of sites, codes and all sites; holds, flapping, parents, problems; notices."""
    _add_to_alerts()
    _add_to_tickets()
    op.create_table(
        "site_state",
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_site_state_site_id"), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name="pk_site_state"),
    )
    op.create_index("ix_site_state_due_at", "site_state", ["due_at"])
    op.create_table(
        "code_state",
        sa.Column("module", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("problem_id", sa.Integer()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("module", "code", name="pk_code_state"),
    )
    op.create_index("ix_code_state_problem_id", "code_state", ["problem_id"])
    op.create_table(
        "fleet_state",
        sa.Column("id", sa.Integer()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fleet_state"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(32), nullable=False),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_notice_site_id")),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", name="fk_notice_ticket_id")),
        sa.Column("problem_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_at", "notice", ["at"])


def _add_to_alerts() -> None:
    op.add_column("alert", sa.Column("repeat_s", sa.Float(), nullable=False, server_default="0"))
    op.add_column("alert", sa.Column("version", sa.String(128)))
    op.add_column("alert", sa.Column("hold", sa.String(16)))
    op.add_column("alert", sa.Column("host", sa.String(64)))
    op.add_column("alert", sa.Column("held_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("alert", sa.Column("risen_at", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("alert", sa.Column("is_flapping", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("alert", sa.Column("recurred_at", sa.Text(), nullable=False, server_default="[]"))
    op.create_index("ix_alert_site_id_state", "alert", ["site_id", "state"])


def _add_to_tickets() -> None:
    op.add_column("ticket", sa.Column("parent_id", sa.Integer()))
    op.add_column("ticket", sa.Column("problem_id", sa.Integer()))
    op.add_column("ticket", sa.Column("regressed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("ticket", sa.Column("fixed_in", sa.String(128)))
    op.create_index("ix_ticket_parent_id", "ticket", ["parent_id"])
    op.create_index("ix_ticket_problem_id", "ticket", ["problem_id"])
