from __future__ import annotations

from datetime import timedelta

from collector.console.charts import KINDS, LINES, charts_of, columns, drawn, short, wanted_of
from collector.health.model import Point
from collector.health.rollups import summarised
from collector.health.series import COUNTERS, PER_SECOND, sample_of
from tests.builders import NOW, a_health
from wire.messages import Disk, Process

STEP = timedelta(minutes=5)


def line(*values: float | None) -> list[Point]:
    return [Point(NOW + STEP * at, summarised([value])) for at, value in enumerate(values) if value is not None]


def test_each_thing_has_its_chart_and_owners_stand_in_the_order_of_people() -> None:
    found = {f"disks.used_percent:{mount}": line(1.0) for mount in ("/d10", "/d9", "/")}
    charts = charts_of({**found, "cpu_percent": line(2.0), "unheard_of": line(3.0)})
    assert [(chart.kind.name, [each.series for each in chart.lines]) for chart in charts] == [
        ("load", ["cpu_percent"]),
        ("disks", ["disks.used_percent:/", "disks.used_percent:/d9", "disks.used_percent:/d10"]),
    ]
    assert [each.title for each in charts[1].lines] == ["/", "/d9", "/d10"]


def test_whatever_an_agent_sends_is_on_a_chart_or_never_changes() -> None:
    health = a_health(disks=[Disk(mount="/", size_bytes=1, used_percent=1.0)], processes=[Process(name="x", running=1)])
    names = sample_of(health).values
    shown = {name for kind in KINDS for name in kind.lines} | {
        name for kind in KINDS for name in names if kind.each and name.startswith(kind.each + ":")
    }
    left = {name.removesuffix(PER_SECOND) for name in names if name not in shown and name not in COUNTERS}
    assert left == {"boot_id", "session", "uptime_s", "cpu_count", "memory_total_bytes", "disks.size_bytes:/"}
    assert {name.removesuffix(PER_SECOND) for name in shown} >= COUNTERS
    assert wanted_of(["cpu_percent", "disks.used_percent:/", "agent_rss_bytes", "load_1m"]) == [
        "cpu_percent",
        "disks.used_percent:/",
        "load_1m",
    ]


def test_a_missing_stretch_breaks_every_line() -> None:
    [chart] = charts_of({"cpu_percent": line(1.0, 2.0, None, 4.0), "memory_used_percent": line(5.0, None, None, 6.0)})
    found = columns(chart.lines, STEP)
    assert found["mean"] == [[1.0, 2.0, None, 4.0], [5.0, None, None, 6.0]]
    assert found["low"] == found["high"] == found["mean"]
    assert [at - NOW.timestamp() for at in found["times"] if isinstance(at, float)] == [0, 300, 600, 900]


def test_a_slow_heartbeat_alone_does_not() -> None:
    slow = [Point(NOW + 4 * STEP * at, summarised([1.0])) for at in (0, 1, 2, 3, 9)]
    [chart] = charts_of({"load_1m": slow})
    assert columns(chart.lines, STEP)["mean"] == [[1.0, 1.0, 1.0, 1.0, None, 1.0]]
    assert columns([], STEP)["times"] == []


def test_too_many_lines_are_the_highest() -> None:
    [chart] = charts_of({f"processes.cpu_percent:p{at}": line(float(at)) for at in range(LINES + 3)})
    assert [each.title for each in drawn(chart)] == [f"p{at}" for at in range(3, LINES + 3)]
    assert len(chart.lines) == LINES + 3


def test_the_agents_use_is_said_in_percent_of_a_core() -> None:
    [chart] = charts_of({"agent_cpu_s/s": line(0.015)})
    assert (chart.kind.unit, chart.lines[0].whole.last) == ("share", 1.5)


def test_numbers_are_short() -> None:
    assert [short(each) for each in (41.23456, 0.0, 123_456_789.4)] == [41.23, 0.0, 123_456_789.0]
