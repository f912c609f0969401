"""A store with one host, to which health samples come and whose jobs run when a test says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from collector.health import folding
from collector.health.keeping import keep
from collector.health.model import Point
from collector.health.reading import history
from collector.settings.model import Retention
from tests.fakes.seeded_console import Seeds
from tests.fakes.stores import open_store
from wire.messages import Health

SITE = "daejeon"


@dataclass
class HealthDesk:
    """`now` is moved by tests."""

    folder: Path
    now: datetime
    retention: Retention = field(default_factory=Retention)

    def __post_init__(self) -> None:
        self.store = open_store(self.folder)
        seeds = Seeds(self.store, lambda: self.now)
        seeds.site(SITE)
        self.host = seeds.host(SITE)
        self.other = seeds.host(SITE, "his-app-02")

    def take(self, samples: Iterable[Health], host: str | None = None) -> None:
        """One delivery, received now."""
        with self.store.writing() as connection:
            keep(connection, [(host or self.host, SITE, sample, self.now) for sample in samples])

    def work(self, **moved: float) -> None:
        """Let time pass, and the job do all that is due."""
        self.now += timedelta(**moved)
        while folding.tend_history(self.store, self.retention, self.now):
            pass

    def expire(self) -> int:
        """Delete what is too old, to the end."""
        total = 0
        for step in folding.expiries(self.retention, self.now):
            deleted = 1
            while deleted:
                with self.store.writing() as connection:
                    deleted = step(connection)
                total += deleted
        return total

    def points(self, series: str, days: float, points: int, host: str | None = None) -> list[Point]:
        """History until now."""
        with self.store.reading() as connection:
            return history(connection, host or self.host, series, self.now - timedelta(days=days), self.now, points)

    def rows(self, sql: str) -> list[Any]:
        """Whatever a test wants to look at."""
        with self.store.reading() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def count(self, table: str) -> int:
        """Rows of a table."""
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608
