"""Calendars, plans of service, and the clocks of tickets with their histories."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from collector.store.instant import Instant
from collector.store.tables.base import metadata, where

# The newest row of a name is in use; clocks keep the one that they were measured by.
calendar_version = Table(
    "calendar_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(128), nullable=False),
    Column("version", String(128), nullable=False),
    Column("digest", String(64), nullable=False),  # sha256 of the body
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", String(64), nullable=False),
    Column("body", Text, nullable=False),  # JSON of collector.sla.calendar.Calendar
    UniqueConstraint("name", "version"),
)

sla_plan = Table(
    "sla_plan",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(128), nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", String(64), nullable=False),
    Column("body", Text, nullable=False),  # JSON of collector.sla.plan.Plan
)

# What the clocks' histories come to, one row a cycle; `clock-check` compares the two. A cycle that is over stays.
clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_id", ForeignKey("ticket.id"), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("metric", String(16), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # running, paused, stopped, cancelled
    Column("start_at", Instant, nullable=False),
    Column("target", String(40), nullable=False),
    Column("basis", String(16), nullable=False),
    Column("calendar_id", ForeignKey("calendar_version.id"), nullable=False),
    Column("plan_id", ForeignKey("sla_plan.id"), nullable=False),
    Column("due_at", Instant),  # empty while a pause has no end
    Column("is_provisional", Boolean, nullable=False),
    Column("stopped_at", Instant),
    Column("active_us", BigInteger, nullable=False),  # time that counted up to the last step
    Column("breached_at", Instant),
    Column("warned", Integer, nullable=False, server_default="0"),  # the highest percent that was told
    Column("next_at", Instant),  # when the next one is to be told
    Column("excused_at", Instant),
    Column("excused_by", String(64)),
    Column("excuse", Text),
    UniqueConstraint("ticket_id", "metric", "cycle"),
    CheckConstraint("state IN ('running','paused','stopped','cancelled')", name="state"),
    CheckConstraint("excused_at IS NULL OR (breached_at IS NOT NULL AND excused_by IS NOT NULL)", name="excuse"),
    CheckConstraint("warned BETWEEN 0 AND 100", name="warned"),
    Index("ix_clock_next_at", "next_at"),
    Index(
        "ix_clock_open",
        "id",
        **where("state IN ('running','paused')"),
    ),
)

# The history itself. `act` is `start` or collector.sla.history.ClockAct; terms come with start, retarget, reopen.
clock_step = Table(
    "clock_step",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_id", ForeignKey("ticket.id"), nullable=False, index=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("metric", String(16), nullable=False),
    Column("at", Instant, nullable=False),  # when it counts from
    Column("written_at", Instant, nullable=False),
    Column("act", String(16), nullable=False),
    Column("cause", String(32), nullable=False),  # kind of the timeline's row, `calendar` or `plan`
    Column("actor", String(64), nullable=False),
    Column("reason", String(32)),
    Column("message", Text),
    Column("target", String(40)),
    Column("pausing", Text),  # JSON list of the reasons that pause it under these terms
    Column("calendar_id", ForeignKey("calendar_version.id")),
    Column("due_at", Instant),  # after the step
    CheckConstraint("act <> 'pause' OR reason IS NOT NULL", name="reason"),
)
