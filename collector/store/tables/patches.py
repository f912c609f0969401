"""Patches that the vendor published, and what customers said about them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from collector.store.instant import Instant
from collector.store.tables.base import metadata

# A patch that is published no more keeps its row: what a host has, it has.
patch = Table(
    "patch",
    metadata,
    Column("product", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),  # of the manifest
    Column("body", Text, nullable=False),  # the manifest as it was published
    Column("noticed_at", Instant, nullable=False),  # with this digest
    Column("withdrawn_at", Instant),
)

# Rows stay when a decision is lifted or another one takes its place: who said what is kept.
patch_decision = Table(
    "patch_decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("product", String(64), nullable=False),
    Column("patch", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # DecisionKind
    Column("until", Instant),  # of a deferral
    Column("reason", Text, nullable=False),
    Column("said_by", String(128), nullable=False),  # who of the customer, and how
    Column("made_by", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String(64)),
    Index("ix_patch_decision_site_id", "site_id"),
    Index("ix_patch_decision_product_patch", "product", "patch"),
)
