"""The job makes partitions on PostgreSQL, by the settings' retention, and does nothing on SQLite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from collector.jobs.partitions import tend_partitions
from collector.settings.model import Retention
from collector.store.partitions import BATCHES, HOURS, numbers_of
from tests.fakes.stores import open_store

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
KEPT = Retention(batch_days=2, health_days=14)


def test_by_the_settings(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made = tend_partitions(store, KEPT, NOW)
    assert tend_partitions(store, KEPT, NOW) == 0
    if not store.backend.is_shared:
        assert made == 0
        store.close()
        return
    with store.reading() as connection:
        before = [numbers_of(connection, table) for table in (BATCHES, HOURS)]
    assert made == sum(map(len, before)) == 8
    tend_partitions(store, KEPT, NOW + timedelta(days=30))
    with store.reading() as connection:
        after = [numbers_of(connection, table) for table in (BATCHES, HOURS)]
    assert all(min(new) > max(old) - 2 for old, new in zip(before, after, strict=True))
    assert not before[0] & after[0], "after a month none of the first days is left"
    store.close()
