"""Support bundles that came, or are coming, from hosts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, false

from collector.store.instant import Instant
from collector.store.tables.base import metadata

# `request_digest` is that of the signed request; `position` how many bytes are here. The content lies in a file.
bundle = Table(
    "bundle",
    metadata,
    Column("request_digest", String(64), primary_key=True),
    Column("agent_id", ForeignKey("agent.id"), primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("is_stored", Boolean, nullable=False, server_default=false()),
    Column("changed_at", Instant, nullable=False),
    Index("ix_bundle_site_id", "site_id"),
    Index("ix_bundle_changed_at", "changed_at"),
)
