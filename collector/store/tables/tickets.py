"""Fingerprints, alerts, tickets, their histories, and the events behind them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from collector.store.instant import Instant
from collector.store.tables.base import metadata, where

_IS_LIVE = "status NOT IN ('resolved','closed','cancelled','merged')"

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
    Column("alias_of", Integer),  # R14: row of the fingerprint that speaks for it
    Index("ix_fingerprint_alias_of", "alias_of", **where("alias_of IS NOT NULL")),
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
    Column("repeat_s", Float, nullable=False, server_default="0"),  # longest time between two of this episode
    Column("version", String(128)),  # of the newest firing event that named one
    Column("hold", String(16)),  # why it fires without a ticket of its own: collector.tickets.model.Hold
    Column("host", String(64)),  # hash of the storm's or overflow's fingerprint that counts it
    Column("held_count", Integer, nullable=False, server_default="0"),
    Column("risen_at", Text, nullable=False, server_default="[]"),  # JSON: instants of rises from ok to firing
    Column("is_flapping", Boolean, nullable=False, server_default=false()),
    Column("recurred_at", Text, nullable=False, server_default="[]"),  # JSON: instants of new tickets that recur
    CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    CheckConstraint("state IN ('ok','pending','firing')", name="state"),
    Index("ix_alert_due_at", "due_at"),
    Index("ix_alert_hold", "hold", **where("hold IS NOT NULL")),
    Index("ix_alert_site_id_state", "site_id", "state"),
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
    Column("touched", Boolean, nullable=False, server_default=false()),  # a person has done something to it
    Column("recovered_at", Instant),  # the first ok instant, not the end of the stable time
    Column("resolved_at", Instant),
    Column("resolution", String(32)),
    Column("closed_at", Instant),
    Column("reopen_count", Integer, nullable=False, server_default="0"),
    Column("recurrence_of", ForeignKey("ticket.id")),
    Column("count", Integer, nullable=False),  # occurrences attached, folded ones included
    Column("first_event_at", Instant, nullable=False),
    Column("last_event_at", Instant, nullable=False),
    Column("parent_id", Integer, index=True),  # the storm or upstream fault that it is part of
    Column("problem_id", Integer, index=True),
    Column("regressed", Boolean, nullable=False, server_default=false()),  # came back in a version that cures it
    Column("fixed_in", String(128)),  # the version that the resolution named
    Column("resume_at", Instant, index=True),  # when a ticket that waits goes on by itself
    Column("lowered_from", Integer),  # a person set it lower than this
    Column("waiting_since", Instant, index=True),  # for the customer; empty while it does not wait
    Column("reminded", Integer, nullable=False, server_default="0"),  # how often, since then
    Column("reminded_at", Instant),  # last
    CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    Index("ix_ticket_site_id_status", "site_id", "status"),
    Index("ix_ticket_opened_at", "opened_at"),
    Index("ix_ticket_status_resolved_at", "status", "resolved_at"),
    Index(  # the board's order
        "ix_ticket_open_level",
        "level",
        text("clock_start_at DESC"),
        text("id DESC"),
        **where(_IS_LIVE),
    ),
    Index(
        "one_open",
        "fingerprint_id",
        unique=True,
        **where(_IS_LIVE),
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
