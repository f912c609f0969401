"""Reading history for charts: at most so many points, from the coarsest tier that is fine enough."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from collector.health import repository
from collector.health.hours import hour_of, merged, unpack_samples
from collector.health.model import BlobRefused, Point, RollUp, Sample, Summary
from collector.health.record import unpack_record
from collector.health.repository import HotRow
from collector.health.rollups import summarised, together, unpack_rollups
from collector.health.series import BOOT, PER_SECOND, RATES, health_of, rated, sample_of
from collector.health.tiers import DAY_HOURS, DAY_US, Grid, Tier, day_of_hour, grid_of, month_of_day
from collector.store.database import Connection
from collector.store.instant import from_us, to_us
from collector.store.tables import health_day, health_hour, health_month
from wire.messages import Health

Found = tuple[int, dict[str, Summary]]  # where a stretch begins, and what is known of its series

log = logging.getLogger(__name__)


def history(
    connection: Connection, agent_id: str, series: str, since: datetime, until: datetime, points: int
) -> list[Point]:
    """One series as at most `points` points in the order of time; stretches without a value are left out."""
    return histories(connection, agent_id, [series], since, until, points)[1].get(series, [])


def histories(
    connection: Connection,
    agent_id: str,
    series: Collection[str] | None,
    since: datetime,
    until: datetime,
    points: int,
) -> tuple[Grid, dict[str, list[Point]]]:
    """Several series at once, all without names; and the grid on which their points stand."""
    grid = grid_of(to_us(since), to_us(until), points)
    stretches: dict[str, dict[int, list[Summary]]] = {}
    for at_us, found in sorted(_found(connection, agent_id, series, grid), key=lambda each: each[0]):
        if grid.has(at_us):
            for name, summary in found.items():
                stretches.setdefault(name, {}).setdefault(grid.start_of(at_us), []).append(summary)
    return grid, {
        name: [Point(from_us(at), together(mine)) for at, mine in by_start.items()]
        for name, by_start in stretches.items()
    }


def newest(connection: Connection, agent_id: str) -> Health | None:
    """The newest sample of an agent."""
    for hour in reversed(repository.hot_hours(connection, 0, 2**31 - 1)):
        found = samples_of_rows(repository.hot_rows(connection, hour, agent_id)[-1:], agent_id)
        if found:
            return health_of(found[-1])
    folded = repository.newest_hour(connection, agent_id)
    samples = [] if folded is None else unpacked(folded[1], folded[0], agent_id)
    return health_of(samples[-1]) if samples else None


def samples_between(
    connection: Connection, agent_id: str, hours: Collection[int], wanted: Collection[str] | None = None
) -> list[Sample]:
    """The samples of some hours in the order of time, folded or not; a damaged hour is left out and logged."""
    if not hours:
        return []
    first, last = min(hours), max(hours)
    folded: dict[int, list[Sample]] = {}
    for hour, blob in repository.blobs(connection, health_hour, agent_id, first, last):
        if hour in hours:
            folded[hour] = unpacked(blob, hour, agent_id, wanted)
    hot = {
        hour: samples_of_rows(repository.hot_rows(connection, hour, agent_id), agent_id)
        for hour in repository.hot_hours(connection, first, last)
    }
    found: list[Sample] = []
    for hour in sorted(folded.keys() | (hot.keys() & set(hours))):
        found += merged(folded.get(hour, ()), hot.get(hour, ()))
    return found


def unpacked(blob: bytes, hour: int, agent_id: str, wanted: Collection[str] | None = None) -> list[Sample]:
    """The samples of a folded hour; none if it is damaged, and that is logged."""
    try:
        return unpack_samples(blob, wanted)
    except BlobRefused as refused:
        log.error("hour %d of agent %s cannot be read: %s", hour, agent_id, refused)  # noqa: TRY400  # what, not where
        return []


def samples_of_rows(rows: Iterable[HotRow], agent_id: str) -> list[Sample]:
    """The samples of hot rows, at the times of the rows: those of the records may have been moved back."""
    found = []
    for row in rows:
        try:
            found.append(Sample(to_us(row.sampled_at), sample_of(unpack_record(row.body)).values))
        except BlobRefused as refused:
            log.error("sample of %s of agent %s cannot be read: %s", row.sampled_at, agent_id, refused)  # noqa: TRY400
    return found


def _found(connection: Connection, agent_id: str, series: Collection[str] | None, grid: Grid) -> Iterator[Found]:
    """What is known inside the grid, in stretches no longer than its own, in any order."""
    first, last = hour_of(grid.since_us), hour_of(grid.until_us - 1)
    hours: Collection[int] = range(first, last + 1)
    if grid.tier is not Tier.SAMPLES:
        rolled = list(_rolled(connection, agent_id, series, grid, first // DAY_HOURS, last // DAY_HOURS))
        yield from ((each.at_us, dict(each.series)) for each in rolled)
        days = {each.at_us // DAY_US for each in rolled}
        known = {
            *repository.numbers(connection, health_hour, agent_id, first, last),
            *repository.hot_hours(connection, first, last),
        }
        hours = {hour for hour in known if day_of_hour(hour) not in days}
    yield from _of_samples(samples_between(connection, agent_id, hours, _columns(series)), series, grid)


def _columns(series: Collection[str] | None) -> Collection[str] | None:
    """The columns of samples that are needed for these series: a rate is made of its counter and the start."""
    if series is None or not RATES & set(series):
        return series
    return {BOOT, *(name.removesuffix(PER_SECOND) if name in RATES else name for name in series)}


def _rolled(
    connection: Connection, agent_id: str, series: Collection[str] | None, grid: Grid, first: int, last: int
) -> Iterator[RollUp]:
    if grid.tier is Tier.HOURS:
        found = repository.blobs(connection, health_day, agent_id, first, last)
    else:
        found = repository.blobs(connection, health_month, agent_id, month_of_day(first), month_of_day(last))
    for number, blob in found:
        try:
            yield from unpack_rollups(blob, series)
        except BlobRefused as refused:
            log.error("roll-up %d of agent %s cannot be read: %s", number, agent_id, refused)  # noqa: TRY400


def _of_samples(samples: Sequence[Sample], series: Collection[str] | None, grid: Grid) -> Iterable[Found]:
    values: dict[int, dict[str, list[float]]] = {}
    for at_us, numbers in rated(samples):
        if not grid.has(at_us):
            continue
        mine = values.setdefault(grid.start_of(at_us), {})
        for name, value in numbers.items():
            if series is None or name in series:
                mine.setdefault(name, []).append(value)
    for start, found in values.items():
        yield max(start, grid.since_us), {name: summarised(each) for name, each in found.items()}
