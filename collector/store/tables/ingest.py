"""What was taken, how far, and what could not be read."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from collector.store.instant import Instant
from collector.store.tables.base import metadata

# One contiguous high-water mark for each agent and epoch: exact for ever, nothing to expire.
batch_mark = Table(
    "batch_mark",
    metadata,
    Column("agent_id", ForeignKey("agent.id"), primary_key=True),
    Column("epoch", String(16), primary_key=True),
    Column("mark", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
)

# The few sequences applied above the mark; folded into it as soon as the hole is filled.
batch_above = Table(
    "batch_above",
    metadata,
    Column("agent_id", ForeignKey("agent.id"), primary_key=True),
    Column("epoch", String(16), primary_key=True),
    Column("sequence", Integer, primary_key=True),
)

# What was acked, as evidence. Retention removes old rows; the marks stay.
batch = Table(
    "batch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("epoch", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("sealed_at", Instant, nullable=False),
    Column("digest", String(64), nullable=False),  # sha256 of the body as it was signed
    Column("records", Integer, nullable=False),
    Column("parked", Integer, nullable=False),
    Column("repeated", Integer, nullable=False),  # events that were known already (a line read twice)
    UniqueConstraint("agent_id", "epoch", "sequence"),
    Index("ix_batch_received_at", "received_at"),
)

parked = Table(
    "parked",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("epoch", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("position", Integer, nullable=False),  # index in the batch, from 0
    Column("received_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

catalogue = Table(
    "catalogue",
    metadata,
    Column("product", String(128), primary_key=True),
    Column("version", String(128), nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("body", Text, nullable=False),  # JSON of wire.catalogue.Catalogue
)
