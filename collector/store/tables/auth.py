"""People and how they prove who they are."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from collector.store.instant import Instant
from collector.store.tables.base import metadata

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
    Column("expires_at", Instant),  # a token without an end opens nothing
    Column("label", String(64), nullable=False, server_default=""),  # where it is used
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
