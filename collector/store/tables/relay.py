"""Signed documents on their way to hosts, what hosts did about them, and heads of their audit chains."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from collector.store.instant import Instant
from collector.store.tables.base import metadata

# One row for each host that a document is for. `about` is the digest of the request that it belongs to.
document = Table(
    "document",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("about", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),
    Column("deliveries", Integer, nullable=False, server_default="0"),
    Column("sent_at", Instant),
    Column("settled_at", Instant),
    Index("ix_document_agent_id_settled_at", "agent_id", "settled_at"),
)

action_result = Table(
    "action_result",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("body", Text, nullable=False),  # the whole Result record
    Index("ix_action_result_digest", "digest"),
)

# What somebody asks for: drafted on a page, or signed and sent. `id` is the id of the signed document too.
action_request = Table(
    "action_request",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("ticket_id", ForeignKey("ticket.id")),
    Column("body", Text, nullable=False),  # collector.relay.asked.Asked as JSON
    Column("made_by", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),  # of a draft: when it is dropped
    Column("digest", String(64)),  # of the signed payload; empty for a draft
    Index("ix_action_request_digest", "digest"),
    Index("ix_action_request_ticket_id", "ticket_id"),
)

# Where a request stands on each host that it is for (collector.relay.state).
action_request_host = Table(
    "action_request_host",
    metadata,
    Column("request_id", ForeignKey("action_request.id"), primary_key=True),
    Column("agent_id", ForeignKey("agent.id"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("obstacle", String(64), nullable=False, server_default=""),
    Column("changed_at", Instant, nullable=False),
)

# The newest head of each host's audit chain that this collector has countersigned.
audit_head = Table(
    "audit_head",
    metadata,
    Column("agent_id", ForeignKey("agent.id"), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("root", String(64), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
)
