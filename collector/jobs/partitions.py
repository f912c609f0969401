"""Partitions of the tables that grow: made ahead, and dropped when what they hold is too old. PostgreSQL only."""

from __future__ import annotations

from datetime import datetime, timedelta

from collector.health.folding import first_kept, hour_before
from collector.settings.model import Retention
from collector.store.database import Connection, Store
from collector.store.instant import to_us
from collector.store.partitions import BATCHES, HOURS, Wanted, carry_out, wanted

HOUR_US = 3_600_000_000


def tend_partitions(store: Store, retention: Retention, now: datetime) -> int:
    """Make what will be needed, drop what is over; returns how many partitions that were."""
    if not store.backend.is_shared:
        return 0
    with store.reading() as connection:
        if not any(_plans(connection, retention, now)):
            return 0
    with store.writing() as connection:
        plans = _plans(connection, retention, now)
        for plan in plans:
            carry_out(connection, plan)
    return sum(len(plan.missing) + len(plan.old) for plan in plans)


def _plans(connection: Connection, retention: Retention, now: datetime) -> list[Wanted]:
    at = to_us(now)
    return [
        wanted(connection, BATCHES, at, to_us(now - timedelta(days=retention.batch_days))),
        wanted(connection, HOURS, at // HOUR_US, first_kept(connection, hour_before(now, retention.health_days))),
    ]
