"""Errors without a code: one row a template, and one a template, site and day."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from collector.store.instant import Instant
from collector.store.tables.base import metadata

unknown_error = Table(
    "unknown_error",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("product", String(128), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("template", Text, nullable=False),
    Column("catalogue_version", String(128), nullable=False),  # the newest that did not know it
    Column("severity", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("sample", Text, nullable=False),  # redacted at the agent
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("state", String(16), nullable=False, server_default="new"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("code", String(64), nullable=False, server_default=""),
    Column("decided_by", String(64), nullable=False, server_default=""),
    Column("decided_at", Instant),
    UniqueConstraint("product", "fingerprint"),
    Index("ix_unknown_error_last_at", "last_at"),
)

# What the counts, the sites and the sparkline of a template are summed from.
unknown_day = Table(
    "unknown_day",
    metadata,
    Column("site_id", ForeignKey("site.id"), primary_key=True),
    Column("day", Integer, primary_key=True),  # days since 1970, UTC, by the collector's clock
    Column("unknown_id", ForeignKey("unknown_error.id"), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index("ix_unknown_day_unknown_id_day", "unknown_id", "day"),
)
