"""Maintenance windows, silences, the ledger of what was held back, problems' logs, merged fingerprints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Maintenance windows, silences, the ledger of what was held back, problems' logs, merged fingerprints."""
    _add_windows()
    _add_silences()
    _add_ledger()
    op.create_table(
        "problem_event",
        sa.Column("id", sa.Integer()),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_problem_event"),
    )
    op.create_index("ix_problem_event_problem_id", "problem_event", ["problem_id"])
    op.add_column("fleet_state", sa.Column("due_at", sa.BigInteger()))
    op.add_column("fingerprint", sa.Column("alias_of", sa.Integer()))
    is_alias, is_held = sa.text("alias_of IS NOT NULL"), sa.text("hold IS NOT NULL")
    op.create_index(
        "ix_fingerprint_alias_of", "fingerprint", ["alias_of"], sqlite_where=is_alias, postgresql_where=is_alias
    )
    order: list[str | sa.TextClause | sa.ColumnElement[object]] = [
        "level",
        sa.text("clock_start_at DESC"),
        sa.text("id DESC"),
    ]
    is_open = sa.text("status NOT IN ('resolved','closed','cancelled','merged')")
    op.create_index("ix_ticket_open_level", "ticket", order, sqlite_where=is_open, postgresql_where=is_open)
    op.create_index("ix_alert_hold", "alert", ["hold"], sqlite_where=is_held, postgresql_where=is_held)


def _add_windows() -> None:
    op.create_table(
        "maintenance_window",
        sa.Column("id", sa.Integer()),
        sa.Column(
            "site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_maintenance_window_site_id"), nullable=False
        ),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("approved_by", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.Column("removed_by", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_maintenance_window"),
        sa.CheckConstraint("until > since", name="order"),
    )
    op.create_index("ix_maintenance_window_until", "maintenance_window", ["until"])
    op.create_index("ix_maintenance_window_site_id_until", "maintenance_window", ["site_id", "until"])


def _add_silences() -> None:
    op.create_table(
        "silence",
        sa.Column("id", sa.Integer()),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_silence_site_id")),
        sa.Column("module", sa.String(64)),
        sa.Column("code", sa.String(64)),
        sa.Column("fingerprint_id", sa.Integer(), sa.ForeignKey("fingerprint.id", name="fk_silence_fingerprint_id")),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.Column("removed_by", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_silence"),
        sa.CheckConstraint("until > created_at", name="order"),
        sa.CheckConstraint("site_id IS NOT NULL OR code IS NOT NULL OR fingerprint_id IS NOT NULL", name="scope"),
    )
    op.create_index("ix_silence_until", "silence", ["until"])


def _add_ledger() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer()),
        sa.Column(
            "fingerprint_id",
            sa.Integer(),
            sa.ForeignKey("fingerprint.id", name="fk_suppression_fingerprint_id"),
            nullable=False,
        ),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name="fk_suppression_site_id"), nullable=False),
        sa.Column("hold", sa.String(16), nullable=False),
        sa.Column("host", sa.String(64)),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("end", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
        sa.CheckConstraint("count >= 0", name="count"),
        sa.CheckConstraint("\"end\" IN ('opened','cleared','moved')", name="end"),
    )
    op.create_index("ix_suppression_fingerprint_id", "suppression", ["fingerprint_id"])
    op.create_index("ix_suppression_until", "suppression", ["until"])
