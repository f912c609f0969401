"""On PostgreSQL: batches and hours of health in partitions by time."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """On PostgreSQL: batches and hours of health in partitions by time."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER SEQUENCE batch_id_seq OWNED BY NONE")
    _partition("batch", "received_at")
    op.execute("ALTER SEQUENCE batch_id_seq OWNED BY batch.id")
    op.create_primary_key("pk_batch", "batch", ["id", "received_at"])
    once = ["agent_id", "epoch", "sequence", "received_at"]
    op.create_unique_constraint("uq_batch_agent_id_epoch_sequence", "batch", once)
    op.create_foreign_key("fk_batch_agent_id", "batch", "agent", ["agent_id"], ["id"])
    op.create_index("ix_batch_received_at", "batch", ["received_at"])
    _partition("health_hour", "hour")
    op.create_primary_key("pk_health_hour", "health_hour", ["agent_id", "hour"])
    op.create_foreign_key("fk_health_hour_agent_id", "health_hour", "agent", ["agent_id"], ["id"])
    op.create_foreign_key("fk_health_hour_site_id", "health_hour", "site", ["site_id"], ["id"])
    op.create_index("ix_health_hour_hour", "health_hour", ["hour"])


def _partition(table: str, column: str) -> None:
    """The same columns and rows, all of them in the partition that takes what has none; no keys and no indexes."""
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(f"CREATE TABLE {table} (LIKE {table}_before INCLUDING DEFAULTS) PARTITION BY RANGE ({column})")
    op.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
    op.execute(f"INSERT INTO {table} SELECT * FROM {table}_before")  # noqa: S608  # names of our own
    op.execute(f"DROP TABLE {table}_before")
