"""Which charts a host has, and their numbers as the page and uPlot take them.

A chart shows one thing in one unit; its lines are series, those of disks and processes by their owners. What a later
agent sends and no chart names is not drawn. A line breaks where a stretch has no value, unless values come that seldom.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median_low

from collector.health.model import Point, Summary
from collector.health.rollups import together
from wire.sentence import Sentence, sentence

LINES = 8  # of one chart; of more, those that are highest now
SELDOM = 3.0  # so many times the usual distance breaks a line


@dataclass(frozen=True)
class Range:
    """How far back charts look, and in how many stretches: steps of 5 minutes, 1 hour, 2 hours, 1 day.

    A span cuts two stretches at its ends: hence one more, and another where it begins inside of an hour or day.
    """

    name: str
    title: Sentence
    span: timedelta
    points: int


RANGES = {
    each.name: each
    for each in (
        Range("day", sentence("Last day"), timedelta(days=1), 289),
        Range("week", sentence("Last week"), timedelta(days=7), 170),
        Range("month", sentence("Last month"), timedelta(days=31), 374),
        Range("year", sentence("Last year"), timedelta(days=366), 368),
    )
}
SPAN_LEAST = timedelta(minutes=5)  # of a host that has just come


@dataclass(frozen=True)
class Kind:
    """One chart: its lines are the series of these names, or those of `each` owner behind a colon."""

    name: str
    title: Sentence
    unit: str  # "percent" (0 to 100), "share" (percent of one core), "bytes", "rate" (bytes a second), "number"
    lines: Mapping[str, Sentence]
    each: str = ""
    factor: float = 1.0
    is_main: bool = False  # stands on the page of the site


KINDS = (
    Kind("load", sentence("Processor and memory"), "percent", {
        "cpu_percent": sentence("CPU"), "memory_used_percent": sentence("Memory"),
        "swap_used_percent": sentence("Swap")}, is_main=True),
    Kind("disks", sentence("Disks"), "percent", {}, each="disks.used_percent", is_main=True),
    Kind("queue", sentence("Load"), "number", {"load_1m": sentence("Load")}, is_main=True),
    Kind("network", sentence("Network"), "rate", {
        "net_received_bytes/s": sentence("Received"), "net_sent_bytes/s": sentence("Sent")}),
    Kind("programs", sentence("Processor of programs"), "share", {}, each="processes.cpu_percent"),
    Kind("program_memory", sentence("Memory of programs"), "bytes", {}, each="processes.rss_bytes"),
    Kind("running", sentence("Running processes"), "number", {}, each="processes.running"),
    Kind("inodes", sentence("Inodes of disks"), "percent", {}, each="disks.inodes_used_percent"),
    Kind("agent_memory", sentence("Memory of the agent"), "bytes", {"agent_rss_bytes": sentence("Agent")}),
    Kind("agent", sentence("Processor of the agent"), "share", {"agent_cpu_s/s": sentence("Agent")}, factor=100),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One series on a chart. `title` is a sentence, or the owner's name as the host gave it."""

    series: str
    title: Sentence | str
    points: list[Point]
    whole: Summary  # over the whole range


@dataclass(frozen=True)
class Chart:
    """One chart with its lines."""

    kind: Kind
    lines: list[Line]


def wanted_of(names: Iterable[str]) -> list[str]:
    """Of a host's series those that the page of its site shows."""
    main = [kind for kind in KINDS if kind.is_main]
    return [name for name in names if any(_is_line(kind, name) for kind in main)]


def _is_line(kind: Kind, name: str) -> bool:
    return name in kind.lines or (bool(kind.each) and name.startswith(kind.each + ":"))


def charts_of(histories: Mapping[str, Sequence[Point]], kinds: Collection[Kind] = KINDS) -> list[Chart]:
    """The charts for which there are values, in their order."""
    found = [Chart(kind, list(_lines(kind, histories))) for kind in kinds]
    return [chart for chart in found if chart.lines]


def _lines(kind: Kind, histories: Mapping[str, Sequence[Point]]) -> Iterator[Line]:
    names = [name for name in kind.lines if name in histories]
    owned = [name for name in histories if kind.each and name.startswith(kind.each + ":")]
    for name in [*names, *sorted(owned, key=_by_number)]:
        points = [Point(point.at, _times(point.summary, kind.factor)) for point in histories[name]]
        title = kind.lines[name] if name in kind.lines else name.partition(":")[2]
        yield Line(name, title, points, together([point.summary for point in points]))


def _by_number(name: str) -> list[tuple[int, str]]:
    """disk9 before disk10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name, flags=re.ASCII)]


def _times(summary: Summary, factor: float) -> Summary:
    if factor == 1.0:
        return summary
    return Summary(
        summary.count, summary.low * factor, summary.mean * factor, summary.high * factor, summary.last * factor
    )


def drawn(chart: Chart) -> list[Line]:
    """The lines that fit on the chart; the table has them all."""
    if len(chart.lines) <= LINES:
        return chart.lines
    highest = sorted(chart.lines, key=lambda line: -line.whole.last)[:LINES]
    return [line for line in chart.lines if line in highest]


def columns(lines: Sequence[Line], step: timedelta) -> dict[str, list[float] | list[list[float | None]]]:
    """Columns as uPlot takes them: seconds since 1970, and of each line mean, least and greatest; null breaks it."""
    times = sorted({point.at for line in lines for point in line.points})
    times = list(_with_breaks(times, step))
    rows = [{point.at: point.summary for point in line.points} for line in lines]
    found = [[row.get(at) for at in times] for row in rows]
    return {
        "times": [at.timestamp() for at in times],
        "mean": [[short(each.mean) if each else None for each in line] for line in found],
        "low": [[short(each.low) if each else None for each in line] for line in found],
        "high": [[short(each.high) if each else None for each in line] for line in found],
    }


def _with_breaks(times: Sequence[datetime], step: timedelta) -> Iterator[datetime]:
    distances = [after - before for before, after in pairwise(times)]
    usual = median_low(distances) if distances else step
    allowed = max(step * 1.5, usual * SELDOM if usual > step else step)
    for at, distance in zip(times, distances, strict=False):
        yield at
        if distance > allowed:
            yield at + distance / 2
    yield from times[-1:]


def short(number: float) -> float:
    """Four digits are more than a chart shows.

    >>> short(41.23456), short(1234567.0)
    (41.23, 1234567.0)
    """
    return float(f"{number:.4g}") if abs(number) < 1_000 else float(round(number))  # noqa: PLR2004
