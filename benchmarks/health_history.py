"""What a health sample of 60 numbers costs: bytes kept, CPU to take it in, time to read a year for a chart.

    python benchmarks/health_history.py

Simulated hosts (`material/hosts.py`) send a day; what a year would take is computed from it. The database is real:
SQLite, WAL, synchronous=FULL. CPU is this process's own.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.material.hosts import SimulatedHost
from collector.health.folding import expiries, fold_hours, roll_up_days
from collector.health.keeping import Taken, keep
from collector.health.reading import histories, history
from collector.health.series import sample_of
from collector.health.tiers import DAY_US
from collector.settings.model import Retention
from collector.store.database import Store
from collector.store.instant import to_us
from tests.fakes.seeded_console import Seeds, open_store
from wire.messages import encode_record

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
HOSTS, GROUP = 100, 50  # hosts of the day; samples in one transaction
KEPT = Retention(health_days=400)
YEARS = 365 / 1e9 * 1_000  # bytes of an agent's day -> GB of 1,000 agents' year


class Database:
    """One file with many hosts."""

    def __init__(self, folder: Path, hosts: int) -> None:
        self.path = folder / "history.db"
        self.store: Store = open_store(self.path)
        seeds = Seeds(self.store, lambda: BEGAN)
        seeds.site("seoul")
        self.hosts = [seeds.host("seoul", f"host-{at}") for at in range(hosts)]

    def fold(self, now: datetime) -> tuple[int, int]:
        """Everything that is due; how many hours and days that were."""
        hours = sum(iter(lambda: fold_hours(self.store, KEPT, now), 0))
        return hours, sum(iter(lambda: roll_up_days(self.store, now), 0))

    def number(self, sql: str) -> float:
        """One number."""
        with self.store.reading() as connection:
            return float(connection.execute(text(sql)).scalar() or 0)

    def pages(self, table: str) -> float:
        """Bytes of a table and its indexes in the file, unused rest of pages included; vacuumed first."""
        return self.number(
            f"SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = '{table}')"  # noqa: S608
        )


def cpu_of(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def taken(hosts: list[str], samples: int, began: datetime) -> Iterator[list[Taken]]:
    """Groups as the writer sees them: one sample each of many hosts, received a moment later."""
    feeds = [SimulatedHost(at, began).samples(samples) for at in range(len(hosts))]
    for _ in range(samples):
        minute = [(host, next(feed)) for host, feed in zip(hosts, feeds, strict=True)]
        for at in range(0, len(minute), GROUP):
            yield [
                (host, "seoul", each, each.sampled_at + timedelta(seconds=1)) for host, each in minute[at : at + GROUP]
            ]


def a_day(folder: Path) -> None:
    database = Database(folder, HOSTS)
    groups = list(taken(database.hosts, 1_440, BEGAN))
    count = sum(len(group) for group in groups)
    json = statistics.mean(len(encode_record(each[2])) for each in groups[0])
    print(f"one sample: {len(sample_of(groups[0][0][2]).values)} numbers and a boot id, {json:.0f} B as JSON")
    kept = []

    def take(group: list[Taken]) -> None:
        with database.store.writing() as connection:
            kept.append(cpu_of(lambda: keep(connection, group)) / len(group))

    whole = [cpu_of(partial(take, group)) / len(group) for group in groups]
    print(f"taking in, {count:,} samples in groups of {GROUP}: {statistics.mean(kept) * 1e6:.0f} us each")
    print(f"  with the share of a transaction of its own at FULL: {statistics.mean(whole) * 1e6:.0f} us")
    hot = database.pages("health_hot") / count
    print(f"  {hot:.0f} B of pages each until the hour is folded")
    spent = cpu_of(lambda: sum(iter(lambda: fold_hours(database.store, KEPT, BEGAN + timedelta(days=2)), 0)))
    print(f"folding: {spent / count * 1e6:.0f} us each, {spent / (HOSTS * 24) * 1e3:.1f} ms an hour of a host")
    spent = cpu_of(lambda: sum(iter(lambda: roll_up_days(database.store, BEGAN + timedelta(days=2)), 0)))
    print(f"rolling up: {spent / HOSTS * 1e3:.0f} ms a day of a host")
    _bytes(database, count)
    database.store.close()


def _bytes(database: Database, count: int) -> None:
    with database.store.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("VACUUM")
    sizes = {}
    for table in ("health_hour", "health_day"):
        blobs = database.number(f"SELECT sum(length(body)) FROM {table}") / HOSTS  # noqa: S608
        sizes[table] = (blobs * YEARS, database.pages(table) / HOSTS * YEARS)
    hour = database.number("SELECT sum(length(body)) FROM health_hour") / count
    print(f"an hour of samples as a blob: {hour:.1f} B a sample")
    raw, hourly = sizes["health_hour"], sizes["health_day"]
    rules = Retention()
    print(f"1,000 agents a year: samples {raw[0]:.1f} GB of blobs, {raw[1]:.1f} GB of SQLite pages")
    print(f"  hourly roll-ups {hourly[0]:.1f} GB of blobs, {hourly[1]:.1f} GB of pages")
    parts = (rules.health_days / 365, rules.health_hourly_days / 365)
    for words, at in (("blobs", 0), ("pages", 1)):
        print(f"  kept with the defaults, without days: {raw[at] * parts[0] + hourly[at] * parts[1]:.1f} GB of {words}")


def a_year(folder: Path) -> None:
    """One host for a year at a sample each ten minutes; its hours are smaller, its days and months as they are."""
    database = Database(folder, 1)
    end = BEGAN + timedelta(days=366)
    samples = list(SimulatedHost(7, BEGAN).samples(366 * 144, 600))
    for at in range(0, len(samples), 1_000):
        part = samples[at : at + 1_000]
        with database.store.writing() as connection:
            keep(connection, [(database.hosts[0], "seoul", each, part[-1].sampled_at) for each in part])
    database.fold(end)
    for step in expiries(Retention(), end):
        while True:
            with database.store.writing() as connection:
                if not step(connection):
                    break
    month = database.number(
        "SELECT avg(length(body)) FROM health_month WHERE month < (SELECT max(month) FROM health_month)"
    )
    print(f"daily roll-ups: {month:.0f} B a month of a host, {month * 12 * 1_000 / 1e9:.2f} GB a year of 1,000 agents")
    print(f"  {month * 60 * 1_000 / 1e9:.2f} GB for five years")
    for words, days, points in (("day", 1, 289), ("week", 7, 170), ("month", 31, 374), ("year", 366, 368)):
        with database.store.reading() as connection:
            since = end - timedelta(days=days)
            alone = _times(lambda: history(connection, database.hosts[0], "cpu_percent", since, end, points))  # noqa: B023
            whole = _times(lambda: histories(connection, database.hosts[0], None, since, end, points))  # noqa: B023
            found = history(connection, database.hosts[0], "cpu_percent", since, end, points)
        print(f"reading a {words}: {len(found)} points, one series {alone}, all series {whole}, CPU")
    database.store.close()
    assert to_us(end) % DAY_US == 0


def _times(work: Callable[[], object]) -> str:
    times = []
    for _ in range(9):
        begun = time.process_time()
        work()
        times.append((time.process_time() - begun) * 1e3)
    return f"{statistics.median(times):.1f} ms (worst of 9: {max(times):.1f})"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        a_day(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        a_year(Path(folder))


if __name__ == "__main__":
    main()
