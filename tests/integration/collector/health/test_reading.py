"""A chart of any span has at most its points, says the same from every tier, and shows what is missing as missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from collector.health.model import Point
from collector.health.reading import histories
from collector.settings.model import Retention
from tests.builders import a_health
from tests.fakes.health_desk import HealthDesk
from wire.messages import Disk, Health

LONG = Retention(health_days=400)


def sample(at: datetime, number: int) -> Health:
    disks = [Disk(mount="/", size_bytes=10, used_percent=min(100.0, number / 100))]
    return a_health(
        sampled_at=at,
        cpu_percent=float(number % 97),
        disks=disks,
        net_sent_bytes=number * 3_600,
        uptime_s=float(number),
    )


def fill(desk: HealthDesk, days: int, every: timedelta = timedelta(hours=1)) -> int:
    desk.retention = LONG
    count = int(timedelta(days=days) / every)
    desk.take(sample(desk.now - every * (count - at), at) for at in range(count))
    return count


def _ends(points: list[Point]) -> tuple[float, float, int]:
    return (
        min(point.summary.low for point in points),
        max(point.summary.high for point in points),
        sum(point.summary.count for point in points),
    )


def test_the_same_from_every_tier_folded_or_not(desk: HealthDesk) -> None:
    count = fill(desk, 10)
    asked = (2, 10, 31, 100, 242, 5_000)
    hot = [desk.points("cpu_percent", 10, points) for points in asked]
    desk.work()
    for points, before in zip(asked, hot, strict=True):
        cold = desk.points("cpu_percent", 10, points)
        assert len(cold) <= points
        assert _ends(before) == _ends(cold)
        assert count == _ends(cold)[2]
        assert [point.at for point in cold] == sorted({point.at for point in cold})
        assert [point.at for point in before] == [point.at for point in cold]
    assert _ends(desk.points("cpu_percent", 5, 2))[2] == 5 * 24 + 10, "a day is the unit: the first one is whole"


def test_a_gap_is_no_point(desk: HealthDesk) -> None:
    desk.take([sample(desk.now - timedelta(hours=hour), hour) for hour in (1, 2, 3, 10, 11)])
    for _ in range(2):
        times = [point.at for point in desk.points("cpu_percent", 1, 26)]
        assert [(after - before) / timedelta(hours=1) for before, after in pairwise(times)] == [1, 7, 1, 1]
        desk.work()


def test_rates_of_counters(desk: HealthDesk) -> None:
    fill(desk, 3)
    desk.work()
    for points in (10, 60, 1_000):
        assert {point.summary.mean for point in desk.points("net_sent_bytes/s", 2, points)} == {1.0}
    assert desk.points("net_sent_bytes", 2, 10) == []


def test_one_agent_and_one_series_alone(desk: HealthDesk) -> None:
    fill(desk, 3)
    assert desk.points("cpu_percent", 3, 10, host=desk.other) == []
    assert desk.points("no such series", 3, 10) == []
    desk.work()
    with desk.store.reading() as connection:
        grid, found = histories(connection, desk.host, None, desk.now - timedelta(days=2), desk.now, 50)
        _, some = histories(connection, desk.host, ["disks.used_percent:/"], desk.now - timedelta(days=2), desk.now, 50)
    assert grid.step_us == 3_600_000_000
    assert {"cpu_percent", "uptime_s", "net_sent_bytes/s"} < found.keys()
    assert some == {"disks.used_percent:/": found["disks.used_percent:/"]}
