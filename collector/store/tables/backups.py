"""What hosts proved about their backups, as they signed it. Rows are added, never changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from collector.store.instant import Instant
from collector.store.tables.base import metadata

# `number` counts in the host's journal of that name; a missing one shows.
backup_proof = Table(
    "backup_proof",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("journal", String(16), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("act", String(16), nullable=False),
    Column("level", Integer),
    Column("is_good", Boolean, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Index("ix_backup_proof_site_id_ended_at", "site_id", "ended_at"),
    Index("ix_backup_proof_ended_at", "ended_at"),
    Index("uq_backup_proof_number", "agent_id", "journal", "number", unique=True),
)
