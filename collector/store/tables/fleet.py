"""Sites, their tokens and agents, and what agents say about their hosts."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from collector.store.instant import Instant
from collector.store.tables.base import metadata

site = Table(
    "site",
    metadata,
    Column("id", String(64), primary_key=True),  # a short name that the vendor gives: seoul-hospital
    Column("name", String(128), nullable=False),
    Column("customer", String(128), nullable=False),
    Column("tz", String(64), nullable=False),  # IANA zone, Asia/Seoul
    Column("language", String(16), nullable=False, server_default="en"),
    Column("created_at", Instant, nullable=False),
    Column("calendar", String(128)),  # of its clocks; empty: the collector's default
)

enrol_token = Table(
    "enrol_token",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("used_by", String(64)),  # agent id
    Column("refused_count", Integer, nullable=False, server_default="0"),
)

agent = Table(
    "agent",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False, index=True),
    Column("key_id", String(43), nullable=False, unique=True),
    Column("public_key", LargeBinary(32), nullable=False),
    Column("hostname", String(128), nullable=False),
    Column("os", Text, nullable=False, server_default=""),
    Column("agent_version", String(128), nullable=False, server_default=""),
    Column("enrolled_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("last_seen_at", Instant),  # received time of the newest batch
    Column("clock_skew_ms", Integer, nullable=False, server_default="0"),  # agent minus collector
    Column("session", Integer, nullable=False, server_default="0"),
    Column("spool_bytes", Integer, nullable=False, server_default="0"),
    Column("spool_full", Boolean, nullable=False, server_default=false()),
    Column("boot_id", String(128), nullable=False, server_default=""),
    Column("silent_since", Instant),  # set while the silent-site alert is firing
    Column("life_session", Integer, nullable=False, server_default="0"),  # the agent's start of the newest sample
    Column("last_words", Text),  # JSON of wire.lives.Ending
    Column("lost_at", Instant),  # last heard then, missed since, and not explained yet
    Column("interruption", String(32)),  # the newest one: collector.fleet.lives.policy.Interruption
    Column("interrupted_at", Instant),
    Column("epoch", String(16), nullable=False, server_default=""),  # the one that it was last heard in
    Column("epoch_returns", Integer, nullable=False, server_default="0"),
    Column("quarantined_at", Instant),  # two machines use its key: nothing is sent down
)

inventory = Table(
    "inventory",
    metadata,
    Column("agent_id", ForeignKey("agent.id"), primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

gap = Table(
    "gap",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("cause", String(32), nullable=False),
    Column("source", Text, nullable=False),
    Column("noticed_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_gap_site_id_noticed_at", "site_id", "noticed_at"),
)
