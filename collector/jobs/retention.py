"""How long each growing table keeps its rows, and how many: age and cap, both from the settings.

Tickets, their timelines, fingerprints and the marks of applied batches are never deleted. Requests, drafts and
documents go by the time at which they ended; what became of them stays on the ticket's timeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from collector.backups import repository as backups
from collector.health.folding import expiries
from collector.jobs import repository
from collector.settings.model import Retention
from collector.store.database import Connection, Store
from collector.unknowns import service as unknowns

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
        Keeping("batch", retention.batch_days, retention.batch_rows),
        Keeping("parked", retention.parked_days, retention.parked_rows),
        Keeping("gap", retention.gap_days, retention.gap_rows),
        Keeping("change", retention.change_days, retention.change_rows),
        Keeping("result", retention.result_days, retention.result_rows),
        Keeping("notice", retention.message_days, retention.message_rows),
        Keeping("message", retention.message_days, retention.message_rows),
        Keeping("login_failure", LOGIN_FAILURE_DAYS, LOGIN_FAILURE_ROWS),
    ]


def delete_old(store: Store, retention: Retention, now: datetime) -> int:
    """One run over all tables; returns the number of rows deleted."""
    total = sum(_in_chunks(store, step) for step in _steps(retention, now))
    total += unknowns.delete_stale(store, retention.unknown_days, now)
    with store.writing() as connection:
        return total + repository.delete_expired(connection, now)


def _steps(retention: Retention, now: datetime) -> Iterator[Callable[[Connection], int]]:
    """One for each table, that deletes a piece of it."""
    for keeping in keepings(retention):
        before = now - timedelta(days=keeping.days)
        yield partial(repository.delete_oldest, name=keeping.name, before=before, keep_rows=keeping.rows)
    yield from expiries(retention, now)
    yield partial(backups.delete_old, before=now - timedelta(days=retention.backup_proof_days))
    yield partial(repository.delete_documents, before=now - timedelta(days=retention.document_days))
    drafts_before = now - timedelta(days=retention.draft_days)
    yield partial(
        repository.delete_requests, drafts_before=drafts_before, before=now - timedelta(days=retention.request_days)
    )


def _in_chunks(store: Store, step: Callable[[Connection], int]) -> int:
    total = 0
    for _ in range(CHUNKS):
        with store.writing() as connection:
            deleted = step(connection)
        total += deleted
        if deleted < repository.CHUNK_ROWS:
            break
    return total
