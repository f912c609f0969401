"""Health history: samples of the running hour, hours as blobs, roll-ups of days and months."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table

from collector.store.instant import Instant
from collector.store.tables.base import metadata

# What came and is not folded yet. By the hour first: those that are over lie together.
health_hot = Table(
    "health_hot",
    metadata,
    Column("hour", Integer, nullable=False),  # since 1970, of the sample's own time
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("sampled_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),  # health/record.py
    PrimaryKeyConstraint("hour", "agent_id", "sampled_at", name="pk_health_hot"),
)

health_hour = Table(
    "health_hour",
    metadata,
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("samples", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # health/hours.py
    PrimaryKeyConstraint("agent_id", "hour", name="pk_health_hour"),
    Index("ix_health_hour_hour", "hour"),
)

# The roll-ups of each hour of a day.
health_day = Table(
    "health_day",
    metadata,
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("day", Integer, nullable=False),  # since 1970, in UTC
    Column("body", LargeBinary, nullable=False),  # health/rollups.py
    PrimaryKeyConstraint("agent_id", "day", name="pk_health_day"),
    Index("ix_health_day_day", "day"),
)

# The roll-ups of each day of a month.
health_month = Table(
    "health_month",
    metadata,
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("month", Integer, nullable=False),  # 12 x year + month - 1
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("agent_id", "month", name="pk_health_month"),
    Index("ix_health_month_month", "month"),
)

# Days whose hours changed since they were rolled up.
health_due = Table(
    "health_due",
    metadata,
    Column("day", Integer, nullable=False),
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("changes", Integer, nullable=False),  # counted, so that a change during the roll-up is not missed
    PrimaryKeyConstraint("day", "agent_id", name="pk_health_due"),
)
