"""Samples of before the history are in it after the migration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from collector.health.folding import fold_hours
from collector.health.reading import history, newest
from collector.settings.model import Retention
from collector.store.database import Store
from collector.store.instant import to_us
from collector.store.migrate import FOLDER, migrate
from tests.builders import a_health
from wire.messages import encode_record

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
SITE = "INSERT INTO site (id, name, customer, tz, created_at) VALUES ('s', 's', 's', 'UTC', 0)"
AGENT = """INSERT INTO agent (id, site_id, key_id, public_key, hostname, enrolled_at)
VALUES ('a', 's', 'k', 'p', 'h', 0)"""
SAMPLE = """INSERT INTO health_sample
(site_id, agent_id, sampled_at, received_at, cpu_percent, memory_used_percent, load_1m, body)
VALUES ('s', 'a', :at, 0, 0, 0, 0, :body)"""


def test_old_rows_become_history_and_repeats_one_sample(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.db")
    _before(store)
    samples = [a_health(sampled_at=NOW - timedelta(minutes=at), cpu_percent=float(at % 100)) for at in range(1_500)]
    rows: list[dict[str, Any]] = [
        {"at": to_us(each.sampled_at), "body": encode_record(each).decode()} for each in [*samples, samples[0]]
    ]
    with store.writing() as connection:
        for statement in (SITE, AGENT):
            connection.execute(text(statement))
        connection.execute(text(SAMPLE), rows)
    migrate(store)
    while fold_hours(store, Retention(), NOW):
        pass
    with store.reading() as connection:
        points = history(connection, "a", "cpu_percent", NOW - timedelta(days=2), NOW + timedelta(hours=1), 60)
        found = newest(connection, "a")
    store.close()
    assert sum(point.summary.count for point in points) == 1_500
    assert found == samples[0]


def _before(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0013")
