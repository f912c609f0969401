"""What the rules keep beside alerts and tickets: of sites, of codes across sites, of all sites; and notices."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from collector.store.instant import Instant
from collector.store.tables.base import metadata

# `body` is JSON of collector.tickets.desk.model; small and bounded.
site_state = Table(
    "site_state",
    metadata,
    Column("site_id", ForeignKey("site.id"), primary_key=True),
    Column("due_at", Instant),  # when time alone changes something: a storm or a window ends
    Column("body", Text, nullable=False),
    Index("ix_site_state_due_at", "due_at"),
)

code_state = Table(
    "code_state",
    metadata,
    Column("module", String(64), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("problem_id", Integer, index=True),
    Column("body", Text, nullable=False),
)

fleet_state = Table(
    "fleet_state",
    metadata,
    Column("id", Integer, primary_key=True),  # one row
    Column("body", Text, nullable=False),
    Column("due_at", Instant),  # when a silence ends
)

# Who should hear of what; written in the transaction of what it tells of.
notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("cause", String(32), nullable=False),
    Column("site_id", ForeignKey("site.id")),  # empty: no site in particular
    Column("ticket_id", ForeignKey("ticket.id")),
    Column("problem_id", Integer),
    Column("metric", String(16)),  # of a clock: collector.sla.plan.Metric
    Column("percent", Integer),  # of its time
    Column("audience", String(128)),  # collector.sla.warnings.Audience, parted by commas; empty: by kind and cause
    Index("ix_notice_at", "at"),
)
