"""Every table of the collector. Migrations in `migrations/` lead here; a test compares the two.

Conventions: instants are `Instant` (UTC microseconds); JSON is text that msgspec wrote; every row
that a customer may see carries `site_id`; names of append-only tables stand in `APPEND_ONLY`;
secrets are stored hashed. Only files in `store` and files called `repository.py` import this.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from collector.store.instant import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# An event's link to its ticket (`ticket_id`, `disposition`) is set once its open delay is over; all else stays.
APPEND_ONLY = ("event", "gap", "ticket_event", "alert_change", "batch", "parked")

# One row: `generation` names this database towards agents.
meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

# ---------------------------------------------------------------- fleet

site = Table(
    "site",
    metadata,
    Column("id", String(64), primary_key=True),  # a short name that the vendor gives: seoul-hospital
    Column("name", String(128), nullable=False),
    Column("customer", String(128), nullable=False),
    Column("tz", String(64), nullable=False),  # IANA zone, Asia/Seoul
    Column("language", String(16), nullable=False, server_default="en"),
    Column("created_at", Instant, nullable=False),
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
    Column("spool_full", Boolean, nullable=False, server_default=text("0")),
    Column("boot_id", String(128), nullable=False, server_default=""),
    Column("silent_since", Instant),  # set while the silent-site alert is firing
)

health_sample = Table(
    "health_sample",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("sampled_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("cpu_percent", Float, nullable=False),
    Column("memory_used_percent", Float, nullable=False),
    Column("load_1m", Float, nullable=False),
    Column("body", Text, nullable=False),  # the whole Health record
    Index("ix_health_sample_agent_id_sampled_at", "agent_id", "sampled_at"),
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

# ---------------------------------------------------------------- ingest

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

# ---------------------------------------------------------------- tickets

fingerprint = Table(
    "fingerprint",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("module", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("identity", Text, nullable=False),  # JSON object, readable
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("total", Integer, nullable=False),  # occurrences, folded ones included
    Index("ix_fingerprint_site_id_module_code", "site_id", "module", "code"),
)

alert = Table(
    "alert",
    metadata,
    Column("fingerprint_id", ForeignKey("fingerprint.id"), primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("ticket_id", ForeignKey("ticket.id")),  # the live ticket, else the last one
    Column("state", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("clearable", Boolean, nullable=False),  # the code has a clearing signal
    Column("first_firing_at", Instant),  # received_at of the first firing event of this episode
    Column("last_firing_at", Instant),
    Column("ok_at", Instant),  # since when it is ok
    Column("due_at", Instant),  # when time alone changes the state (open delay, expiry, stable time)
    Column("transient_count", Integer, nullable=False, server_default="0"),
    Column("waiting_count", Integer, nullable=False, server_default="0"),  # occurrences in the open delay
    CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    CheckConstraint("state IN ('ok','pending','firing')", name="state"),
    Index("ix_alert_due_at", "due_at"),
)

alert_change = Table(
    "alert_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint_id", ForeignKey("fingerprint.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
)

ticket = Table(
    "ticket",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(16), nullable=False, unique=True),  # 2026-000123
    Column("kind", String(16), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("fingerprint_id", ForeignKey("fingerprint.id"), nullable=False),
    Column("product", String(128), nullable=False),
    Column("module", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("title", Text, nullable=False),  # JSON of wire.catalogue.Texts at opening time
    Column("identity", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("opened_by", String(16), nullable=False),
    Column("clock_start_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", String(64)),
    Column("assignee", String(64)),
    Column("touched", Boolean, nullable=False, server_default=text("0")),  # a person has done something to it
    Column("recovered_at", Instant),  # the first ok instant, not the end of the stable time
    Column("resolved_at", Instant),
    Column("resolution", String(32)),
    Column("closed_at", Instant),
    Column("reopen_count", Integer, nullable=False, server_default="0"),
    Column("recurrence_of", ForeignKey("ticket.id")),
    Column("count", Integer, nullable=False),  # occurrences attached, folded ones included
    Column("first_event_at", Instant, nullable=False),
    Column("last_event_at", Instant, nullable=False),
    CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    Index("ix_ticket_site_id_status", "site_id", "status"),
    Index("ix_ticket_opened_at", "opened_at"),
    Index("ix_ticket_status_resolved_at", "status", "resolved_at"),
    Index(
        "one_open",
        "fingerprint_id",
        unique=True,
        sqlite_where=text("status NOT IN ('resolved','closed','cancelled','merged')"),
        postgresql_where=text("status NOT IN ('resolved','closed','cancelled','merged')"),
    ),
)

ticket_event = Table(
    "ticket_event",
    metadata,
    Column("id", Integer, primary_key=True),  # also the cursor of the live board
    Column("ticket_id", ForeignKey("ticket.id"), nullable=False, index=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(64), nullable=False),  # a user's name, or `rule`
    Column("kind", String(32), nullable=False),
    Column("detail", Text, nullable=False),  # JSON object
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", String(64), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("agent_id", ForeignKey("agent.id")),  # empty for what the collector itself noticed
    Column("epoch", String(16), nullable=False, server_default=""),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("fingerprint_id", ForeignKey("fingerprint.id"), nullable=False),
    Column("ticket_id", ForeignKey("ticket.id"), index=True),
    Column("module", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("level", Integer, nullable=False),
    Column("status", String(8), nullable=False),
    Column("disposition", String(16), nullable=False),  # what became of it: collector.tickets.model.Disposition
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("count", Integer, nullable=False),
    Column("body", Text, nullable=False),  # the whole Event record
    Index("ix_event_received_at", "received_at"),
    Index("ix_event_fingerprint_id_received_at", "fingerprint_id", "received_at"),
    UniqueConstraint("site_id", "event_id"),  # a line that was read twice counts once
    Index("ix_event_agent_id_epoch_sequence", "agent_id", "epoch", "sequence"),
)

# ---------------------------------------------------------------- auth

user = Table(
    "user_account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", String(256)),  # empty: only a login link works
    Column("language", String(16), nullable=False, server_default="en"),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

web_session = Table(
    "web_session",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_id", ForeignKey("user_account.id"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

login_link = Table(
    "login_link",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_id", ForeignKey("user_account.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

api_token = Table(
    "api_token",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_id", ForeignKey("user_account.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
)

login_failure = Table(
    "login_failure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("name", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Index("ix_login_failure_at", "at"),
)
