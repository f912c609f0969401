"""The job of the history: hours that are over become blobs, days that are over roll-ups, what is old goes.

Nothing here holds the write lock while it counts: an hour is read and packed first, then written if its hot rows are
still all there. Each step ends in one transaction, so that a stop between any two loses nothing and repeats at most
one hour's work. A sample that comes when its hour is folded makes a hot row as any other; the next turn merges it
into the blob and marks the day as due again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from collector.health import repository
from collector.health.hours import hour_of, merged, pack_samples
from collector.health.model import BlobRefused, RollUp, Sample
from collector.health.reading import samples_between, samples_of_rows, unpacked
from collector.health.repository import DueDay
from collector.health.rollups import pack_rollups, replaced, rolled_hours, rolled_together, unpack_rollups
from collector.health.tiers import DAY_HOURS, DAY_US, day_of_hour, month_of_day
from collector.settings.model import Retention
from collector.store.database import Connection, Store
from collector.store.instant import to_us
from collector.store.tables import health_day, health_hour, health_month

HOURS_AT_ONCE = 16  # hours of one agent each, in one turn: some hundredths of a second
DAYS_AT_ONCE = 1  # as long
GRACE = timedelta(minutes=5)  # so long after its end an hour waits for what comes a little late
DAY_GRACE = timedelta(minutes=30)
HOUR_SAMPLES = 3_600  # one a second; of more, every second one is left out until it fits

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Folded:
    """One hour, ready to be written."""

    hour: int
    agent_id: str
    site_id: str
    taken: list[datetime]  # the hot rows that are in it now
    before: bytes | None  # the blob that it was merged with
    samples: int
    blob: bytes  # empty if none of it is kept


def tend_history(store: Store, retention: Retention, now: datetime) -> int:
    """One turn: some hours, some days; returns how many of both were done."""
    return fold_hours(store, retention, now) + roll_up_days(store, now)


def fold_hours(store: Store, retention: Retention, now: datetime, limit: int = HOURS_AT_ONCE) -> int:
    """Fold up to `limit` hours that are over; returns how many."""
    before = hour_of(to_us(now - GRACE))
    oldest = hour_before(now, retention.health_days)
    with store.reading() as connection:
        keys = repository.hours_over(connection, before, limit)
        ready = [folded(connection, hour, agent_id, is_kept=hour >= oldest) for hour, agent_id in keys]
    if ready:
        with store.writing() as connection:
            for each in ready:
                write_hour(connection, each)
    return len(ready)


def folded(connection: Connection, hour: int, agent_id: str, *, is_kept: bool) -> Folded:
    """One hour with its hot rows merged in; without them if it is older than what is kept."""
    rows = repository.hot_rows(connection, hour, agent_id)
    before = repository.hour_blob(connection, agent_id, hour)
    come = samples_of_rows(rows, agent_id) if is_kept else []
    kept = [] if before is None else unpacked(before, hour, agent_id)
    samples, blob = fitted(merged(kept, come)) if come else ([], b"")
    site_id = rows[0].site_id if rows else ""
    return Folded(hour, agent_id, site_id, [row.sampled_at for row in rows], before, len(samples), blob)


def write_hour(connection: Connection, folded: Folded) -> None:
    """Nothing is written when somebody else has folded this hour meanwhile: what is left of it has its next turn."""
    hour, agent_id = folded.hour, folded.agent_id
    if repository.hour_blob(connection, agent_id, hour) != folded.before:
        return
    repository.take_hot(connection, hour, agent_id, folded.taken)
    if folded.blob:
        row = {"agent_id": agent_id, "hour": hour, "site_id": folded.site_id}
        repository.save_hour(connection, {**row, "samples": folded.samples, "body": folded.blob})
        repository.mark_due(connection, day_of_hour(hour), agent_id, folded.site_id)


def fitted(samples: Sequence[Sample]) -> tuple[Sequence[Sample], bytes]:
    """The samples and their blob; of too many, every second one until they fit."""
    while True:
        if len(samples) <= HOUR_SAMPLES:
            try:
                return samples, pack_samples(samples)
            except ValueError:
                log.warning(
                    "an hour of %d samples is too large for its blob; every second one is left out", len(samples)
                )
        samples = samples[::2]


def roll_up_days(store: Store, now: datetime, limit: int = DAYS_AT_ONCE) -> int:
    """Roll up to `limit` days up that are over and changed; returns how many."""
    before = day_of_hour(hour_of(to_us(now - DAY_GRACE)))
    with store.reading() as connection:
        days = repository.due_days(connection, before, limit)
    for due in days:
        with store.reading() as connection:
            rows = hours_of_day(connection, due)
            month = _kept_rollups(connection, due)
        day = rolled_together(due.day * DAY_US, rows)
        whole = pack_rollups(replaced(month, [day]))
        with store.writing() as connection:
            if repository.settle_due(connection, due) and rows:
                mine = partial(repository.save, connection, agent_id=due.agent_id, site_id=due.site_id)
                mine(table=health_day, number=due.day, body=pack_rollups(rows))
                mine(table=health_month, number=month_of_day(due.day), body=whole)
    return len(days)


def hours_of_day(connection: Connection, due: DueDay) -> list[RollUp]:
    """The roll-ups of a day's hours, from its samples."""
    first = due.day * DAY_HOURS
    hours = repository.numbers(connection, health_hour, due.agent_id, first, first + DAY_HOURS - 1)
    return rolled_hours(samples_between(connection, due.agent_id, hours))


def _kept_rollups(connection: Connection, due: DueDay) -> list[RollUp]:
    month = month_of_day(due.day)
    found = repository.blobs(connection, health_month, due.agent_id, month, month)
    try:
        return unpack_rollups(found[0][1]) if found else []
    except BlobRefused as refused:
        log.error("month %d of agent %s is begun anew: %s", month, due.agent_id, refused)  # noqa: TRY400
        return []


def hour_before(now: datetime, days: float) -> int:
    """The first hour that is kept for so many days: whole days go at once, so that a roll-up has all its hours."""
    return day_of_hour(hour_of(to_us(now - timedelta(days=days)))) * DAY_HOURS


def expiries(retention: Retention, now: datetime) -> Iterator[Callable[[Connection], int]]:
    """One step for each tier, that deletes a piece of what is too old."""
    yield partial(_delete_hours, before=hour_before(now, retention.health_days))
    hourly = hour_before(now, retention.health_hourly_days) // DAY_HOURS
    yield partial(repository.delete_before, table=health_day, before=hourly)
    daily = month_of_day(hour_before(now, retention.health_daily_days) // DAY_HOURS)
    yield partial(repository.delete_before, table=health_month, before=daily)


def first_kept(connection: Connection, before: int) -> int:
    """The first hour that is kept, when those before `before` are too old: none goes before it is rolled up."""
    due = repository.first_due(connection)
    return before if due is None else min(before, due * DAY_HOURS)


def _delete_hours(connection: Connection, before: int) -> int:
    return repository.delete_before(connection, health_hour, first_kept(connection, before))
