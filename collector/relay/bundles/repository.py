"""Bundles in the database; SQL only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from collector.relay.bundles.model import BundleRecord
from collector.store.tables import bundle


def find(connection: Connection, request: str, agent: str) -> BundleRecord | None:
    """The bundle of this request from this host."""
    mine = (bundle.c.request_digest == request) & (bundle.c.agent_id == agent)
    row = connection.execute(select(bundle).where(mine)).first()
    return None if row is None else _record(row)


def of_request(connection: Connection, request: str) -> dict[str, BundleRecord]:
    """The bundles of a request by host."""
    query = select(bundle).where(bundle.c.request_digest == request)
    return {row.agent_id: _record(row) for row in connection.execute(query)}


def bytes_of_site(connection: Connection, site: str) -> int:
    """How many bytes the bundles of a site have, or will have."""
    query = select(func.coalesce(func.sum(bundle.c.size), 0)).where(bundle.c.site_id == site)
    return int(connection.execute(query).scalar_one())


def add(connection: Connection, record: BundleRecord) -> None:
    """A bundle begins to come."""
    connection.execute(
        insert(bundle).values(
            request_digest=record.request,
            agent_id=record.agent,
            site_id=record.site,
            sha256=record.sha256,
            size=record.size,
            position=record.position,
            is_stored=record.is_stored,
            changed_at=record.changed_at,
        )
    )


def move(connection: Connection, record: BundleRecord, *, position: int, is_stored: bool, now: datetime) -> None:
    """So much of it is here."""
    mine = (bundle.c.request_digest == record.request) & (bundle.c.agent_id == record.agent)
    connection.execute(update(bundle).where(mine).values(position=position, is_stored=is_stored, changed_at=now))


def older_than(connection: Connection, before: datetime, limit: int) -> list[BundleRecord]:
    """Bundles that did not change since then."""
    query = select(bundle).where(bundle.c.changed_at < before).order_by(bundle.c.changed_at).limit(limit)
    return [_record(row) for row in connection.execute(query)]


def forget(connection: Connection, record: BundleRecord) -> None:
    """A bundle's row goes."""
    mine = (bundle.c.request_digest == record.request) & (bundle.c.agent_id == record.agent)
    connection.execute(delete(bundle).where(mine))


def is_kept(connection: Connection, sha256: str) -> bool:
    """Whether some bundle has this content."""
    return connection.execute(select(bundle.c.agent_id).where(bundle.c.sha256 == sha256).limit(1)).first() is not None


def _record(row: Any) -> BundleRecord:
    return BundleRecord(
        request=row.request_digest,
        agent=row.agent_id,
        site=row.site_id,
        sha256=row.sha256,
        size=row.size,
        position=row.position,
        is_stored=bool(row.is_stored),
        changed_at=row.changed_at,
    )
