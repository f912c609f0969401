"""Health history: hours as blobs and roll-ups, in place of one row a sample."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CHUNK = 1_000
HOUR_US = 3_600_000_000


def upgrade() -> None:
    """Health history: hours as blobs and roll-ups, in place of one row a sample."""
    op.create_table(
        "health_hot",
        sa.Column("hour", sa.Integer(), nullable=False),
        *_whose("health_hot"),
        sa.Column("sampled_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "agent_id", "sampled_at", name="pk_health_hot"),
    )
    _stretches("health_hour", "hour", sa.Column("samples", sa.Integer(), nullable=False))
    _stretches("health_day", "day")
    _stretches("health_month", "month")
    op.create_table(
        "health_due",
        sa.Column("day", sa.Integer(), nullable=False),
        *_whose("health_due"),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "agent_id", name="pk_health_due"),
    )
    _move_samples()
    op.drop_table("health_sample")


def _whose(table: str) -> list[sa.Column[str]]:
    return [
        sa.Column("agent_id", sa.String(64), sa.ForeignKey("agent.id", name=f"fk_{table}_agent_id"), nullable=False),
        sa.Column("site_id", sa.String(64), sa.ForeignKey("site.id", name=f"fk_{table}_site_id"), nullable=False),
    ]


def _stretches(table: str, unit: str, *more: sa.Column[int]) -> None:
    op.create_table(
        table,
        *_whose(table),
        sa.Column(unit, sa.Integer(), nullable=False),
        *more,
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", unit, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_{unit}", table, [unit])


def _move_samples() -> None:
    """What was kept becomes hot rows as it is; the job folds it as it folds what comes late."""
    connection, last = op.get_bind(), 0
    read = sa.text(
        "SELECT id, agent_id, site_id, sampled_at, body FROM health_sample WHERE id > :last ORDER BY id LIMIT :chunk"
    )
    write = sa.text(
        "INSERT INTO health_hot (hour, agent_id, site_id, sampled_at, body) "
        "VALUES (:hour, :agent_id, :site_id, :sampled_at, :body) ON CONFLICT DO NOTHING"
    )
    while rows := connection.execute(read, {"last": last, "chunk": CHUNK}).mappings().all():
        last = rows[-1]["id"]
        moved = [{**row, "hour": row["sampled_at"] // HOUR_US, "body": row["body"].encode()} for row in rows]
        connection.execute(write, moved)
