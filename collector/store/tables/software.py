"""What software each host has: its packages, and the vendor's modules."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table

from collector.store.instant import Instant
from collector.store.tables.base import metadata

software = Table(
    "software",
    metadata,
    Column("agent_id", ForeignKey("agent.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # SoftwareKind
    Column("name", String(128), primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("version", String(512), nullable=False),
    Column("changed_at", Instant, nullable=False),  # when the host saw this version first, as we were told
    Index("ix_software_site_id_kind_name", "site_id", "kind", "name"),
)

# Which list that is. `is_sure` is false from a difference that did not fit what was here until the next whole list.
software_list = Table(
    "software_list",
    metadata,
    Column("agent_id", ForeignKey("agent.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("digest", String(32), nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("is_sure", Boolean, nullable=False),
)
