"""Calendars, plans of service, clocks of tickets and their histories; when a waiting ticket goes on by itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Calendars, plans of service, clocks of tickets and their histories; when a waiting ticket goes on by itself."""
    op.add_column("site", sa.Column("calendar", sa.String(128)))
    op.add_column("ticket", sa.Column("resume_at", sa.BigInteger()))
    op.create_index("ix_ticket_resume_at", "ticket", ["resume_at"])
    op.add_column("notice", sa.Column("metric", sa.String(16)))
    op.add_column("notice", sa.Column("percent", sa.Integer()))
    op.add_column("notice", sa.Column("audience", sa.String(128)))
    op.create_table(
        "calendar_version",
        sa.Column("id", sa.Integer()),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("version", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("imported_by", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_version"),
        sa.UniqueConstraint("name", "version", name="uq_calendar_version_name_version"),
    )
    op.create_table(
        "sla_plan",
        sa.Column("id", sa.Integer()),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sla_plan"),
    )
    _create_clock()
    _create_clock_step()


def _create_clock() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer()),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", name="fk_clock_ticket_id"), nullable=False),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_clock_site_id"), nullable=False),
        sa.Column("metric", sa.String(16), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("basis", sa.String(16), nullable=False),
        sa.Column(
            "calendar_id",
            sa.Integer(),
            sa.ForeignKey("calendar_version.id", name="fk_clock_calendar_id"),
            nullable=False,
        ),
        sa.Column("plan_id", sa.Integer(), sa.ForeignKey("sla_plan.id", name="fk_clock_plan_id"), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger()),
        sa.Column("active_us", sa.BigInteger(), nullable=False),
        sa.Column("breached_at", sa.BigInteger()),
        sa.Column("warned", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("excused_at", sa.BigInteger()),
        sa.Column("excused_by", sa.String(64)),
        sa.Column("excuse", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_clock"),
        sa.UniqueConstraint("ticket_id", "metric", "cycle", name="uq_clock_ticket_id_metric_cycle"),
        sa.CheckConstraint("state IN ('running','paused','stopped','cancelled')", name="state"),
        sa.CheckConstraint("excused_at IS NULL OR (breached_at IS NOT NULL AND excused_by IS NOT NULL)", name="excuse"),
        sa.CheckConstraint("warned BETWEEN 0 AND 100", name="warned"),
    )
    op.create_index("ix_clock_next_at", "clock", ["next_at"])
    is_open = sa.text("state IN ('running','paused')")
    op.create_index("ix_clock_open", "clock", ["id"], sqlite_where=is_open, postgresql_where=is_open)


def _create_clock_step() -> None:
    op.create_table(
        "clock_step",
        sa.Column("id", sa.Integer()),
        sa.Column(
            "ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", name="fk_clock_step_ticket_id"), nullable=False
        ),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_clock_step_site_id"), nullable=False),
        sa.Column("metric", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("message", sa.Text()),
        sa.Column("target", sa.String(40)),
        sa.Column("pausing", sa.Text()),
        sa.Column("calendar_id", sa.Integer(), sa.ForeignKey("calendar_version.id", name="fk_clock_step_calendar_id")),
        sa.Column("due_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_clock_step"),
        sa.CheckConstraint("act <> 'pause' OR reason IS NOT NULL", name="reason"),
    )
    op.create_index("ix_clock_step_ticket_id", "clock_step", ["ticket_id"])
