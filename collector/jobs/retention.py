"""How long each growing table keeps its rows, and how many: age and cap, both from the settings.

Tickets, their timelines, fingerprints and the marks of applied batches are never deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.jobs import repository
from collector.settings.model import Retention
from collector.store.database import Store

CHUNKS = 10  # deletes of 1,000 rows for each table and run, each its own transaction: half a second at worst
LOGIN_FAILURE_DAYS = 1.0  # longer than any throttle looks back
LOGIN_FAILURE_ROWS = 10_000


@dataclass(frozen=True)
class Keeping:
    """The rule of one table."""

    name: str
    days: float
    rows: int


def keepings(retention: Retention) -> list[Keeping]:
    """The rule of every growing table."""
    return [
        Keeping("event", retention.event_days, retention.event_rows),
        Keeping("health", retention.health_days, retention.health_rows),
        Keeping("batch", retention.batch_days, retention.batch_rows),
        Keeping("parked", retention.parked_days, retention.parked_rows),
        Keeping("gap", retention.gap_days, retention.gap_rows),
        Keeping("change", retention.change_days, retention.change_rows),
        Keeping("notice", retention.message_days, retention.message_rows),
        Keeping("message", retention.message_days, retention.message_rows),
        Keeping("login_failure", LOGIN_FAILURE_DAYS, LOGIN_FAILURE_ROWS),
    ]


def delete_old(store: Store, retention: Retention, now: datetime) -> int:
    """One run over all tables; returns the number of rows deleted."""
    total = 0
    for keeping in keepings(retention):
        before = now - timedelta(days=keeping.days)
        for _ in range(CHUNKS):
            with store.writing() as connection:
                deleted = repository.delete_oldest(connection, keeping.name, before=before, keep_rows=keeping.rows)
            total += deleted
            if deleted < repository.CHUNK_ROWS:
                break
    with store.writing() as connection:
        return total + repository.delete_expired(connection, now)
