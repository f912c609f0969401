"""What people hold back and agree to: maintenance windows, silences; the ledger of what was held; problems' logs."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from collector.store.instant import Instant
from collector.store.tables.base import metadata

# Rows stay when a window is removed: who agreed to what is kept.
maintenance_window = Table(
    "maintenance_window",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("owner", String(64), nullable=False),  # who of the vendor answers for it
    Column("approved_by", String(128), nullable=False),  # who of the customer agreed, and how
    Column("reason", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("removed_at", Instant),
    Column("removed_by", String(64)),
    CheckConstraint("until > since", name="order"),
    Index("ix_maintenance_window_until", "until"),
    Index("ix_maintenance_window_site_id_until", "site_id", "until"),
)

# Empty columns are any: a site, a code at it or everywhere, or one fingerprint.
silence = Table(
    "silence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_id", ForeignKey("site.id")),
    Column("module", String(64)),
    Column("code", String(64)),
    Column("fingerprint_id", ForeignKey("fingerprint.id")),
    Column("until", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("removed_at", Instant),
    Column("removed_by", String(64)),
    CheckConstraint("until > created_at", name="order"),
    CheckConstraint("site_id IS NOT NULL OR code IS NOT NULL OR fingerprint_id IS NOT NULL", name="scope"),
    Index("ix_silence_until", "until"),
)

# One row when a hold ends; while it lasts, its count stands on the alert.
suppression = Table(
    "suppression",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint_id", ForeignKey("fingerprint.id"), nullable=False, index=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("hold", String(16), nullable=False),
    Column("host", String(64)),  # hash of the storm's or overflow's fingerprint that counted it
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("count", Integer, nullable=False),
    Column("end", String(16), nullable=False),
    CheckConstraint("count >= 0", name="count"),
    CheckConstraint("\"end\" IN ('opened','cleared','moved')", name="end"),
    Index("ix_suppression_until", "until"),
)

# What people did about a problem; the problem itself stands in code_state.
problem_event = Table(
    "problem_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("problem_id", Integer, nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("detail", Text, nullable=False),  # JSON object
)
