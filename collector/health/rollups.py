"""Roll-ups: least, mean, greatest, number and last of each series, for each hour of a day or each day of a month.

A blob of roll-ups is a table like any other (`blob.py`): its rows are hours or days, and each series has a column
for its means, and further ones only where they say something else. A series that never changed costs one column.
Means and rates are rounded by `tidy`; least, greatest and last are as they came.

A roll-up of roll-ups weighs the means by the number of values, so that a day means the same as its samples.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from collector.health.blob import pack, unpack
from collector.health.hours import HOUR_US, hour_of
from collector.health.model import RollUp, Sample, Summary, Value
from collector.health.series import rated, tidy

MEAN, LOW, HIGH, LAST, COUNT = "mean:", "low:", "high:", "last:", "count:"
ASIDE = {LOW: "low", HIGH: "high", LAST: "last"}  # columns that are left out where they equal the mean


def summarised(values: Sequence[float]) -> Summary:
    """What these values come to, in the order of time; at least one.

    >>> summarised([1.0, 4.0, 2.5])
    Summary(count=3, low=1.0, mean=2.5, high=4.0, last=2.5)
    """
    low, high = min(values), max(values)
    mean = min(max(tidy(sum(values) / len(values)), low), high)
    return Summary(len(values), low, mean, high, values[-1])


def together(summaries: Sequence[Summary]) -> Summary:
    """Several stretches as one, in the order of time; at least one."""
    if len(summaries) == 1:
        return summaries[0]
    count, weight, low, high = 0, 0.0, summaries[0].low, summaries[0].high
    for each in summaries:
        count += each.count
        weight += each.mean * each.count
        low, high = min(low, each.low), max(high, each.high)
    return Summary(count, low, min(max(tidy(weight / count), low), high), high, summaries[-1].last)


def rolled_hours(samples: Sequence[Sample]) -> list[RollUp]:
    """The roll-ups of each hour in which there are samples; they are in the order of time."""
    hours: dict[int, dict[str, list[float]]] = {}
    for at_us, numbers in rated(samples):
        values = hours.setdefault(hour_of(at_us), {})
        for name, value in numbers.items():
            values.setdefault(name, []).append(value)
    return [
        RollUp(hour * HOUR_US, {name: summarised(found) for name, found in values.items()})
        for hour, values in hours.items()
    ]


def rolled_together(at_us: int, parts: Iterable[RollUp]) -> RollUp:
    """One roll-up of several, in the order of time."""
    found: dict[str, list[Summary]] = {}
    for part in parts:
        for name, summary in part.series.items():
            found.setdefault(name, []).append(summary)
    return RollUp(at_us, {name: together(summaries) for name, summaries in found.items()})


def replaced(kept: Iterable[RollUp], come: Iterable[RollUp]) -> list[RollUp]:
    """Both in the order of time; what comes is newer and stands for its hour or day."""
    by_time = {each.at_us: each for each in (*kept, *come)}
    return [by_time[at] for at in sorted(by_time)]


def pack_rollups(rows: Sequence[RollUp]) -> bytes:
    """The blob of these roll-ups, in their order. A series has a name: what is before it tells the columns apart."""
    counts = [max((each.count for each in row.series.values()), default=0) for row in rows]
    columns: dict[str, Sequence[Value | None]] = {COUNT: counts}
    for name in sorted({name for row in rows for name in row.series}):
        columns |= _columns(name, [row.series.get(name) for row in rows], counts)
    return pack([row.at_us for row in rows], columns)


def _columns(name: str, found: Sequence[Summary | None], counts: Sequence[int]) -> dict[str, Sequence[Value | None]]:
    means = [None if each is None else each.mean for each in found]
    columns: dict[str, Sequence[Value | None]] = {MEAN + name: means}
    for prefix, field in ASIDE.items():
        column = [None if each is None else getattr(each, field) for each in found]
        if column != means:
            columns[prefix + name] = column
    if any(each is not None and each.count != count for each, count in zip(found, counts, strict=True)):
        columns[COUNT + name] = [None if each is None else each.count for each in found]
    return columns


def unpack_rollups(blob: bytes, wanted: Collection[str] | None = None) -> list[RollUp]:
    """The roll-ups of `pack_rollups`, with `wanted` series alone where they are named; raises `BlobRefused`."""
    chosen = None if wanted is None else {COUNT, *(part + name for name in wanted for part in (MEAN, COUNT, *ASIDE))}
    table = unpack(blob, chosen)
    rows: list[dict[str, Summary]] = [{} for _ in table.times_us]
    for column in table.series:
        if column.startswith(MEAN):
            _add_summaries(rows, table.series, column.removeprefix(MEAN))
    return [RollUp(at, series) for at, series in zip(table.times_us, rows, strict=True)]


def _add_summaries(rows: list[dict[str, Summary]], columns: Mapping[str, list[Value | None]], name: str) -> None:
    means: list[Any] = columns[MEAN + name]
    lows, highs, lasts = (columns.get(part + name, means) for part in ASIDE)
    counts = columns.get(COUNT + name, columns.get(COUNT, means))
    for row, mean, *others in zip(rows, means, counts, lows, highs, lasts, strict=True):
        if mean is not None:
            count, low, high, last = others
            row[name] = Summary(count, low, mean, high, last)
