"""Whether a batch may come in now, pure: times are seconds of a monotonic clock.

Theory of operation
-------------------
Work is counted in *units*: a batch costs `BATCH_UNITS`, each of its records one more, and `NEW_UNITS` more where it
tells of a fault that was not written lately. `DrainRate` learns from the writer's own groups how many units it gets
done in a second, so that what waits can be told in seconds: the *backlog*.

A queue is better than a refusal as long as its end comes in time. A refused agent stays away for half a minute or
more, one that waits is done in seconds: 2,000 agents that all come at once have four seconds of work and find room.
So only three things turn a batch away, each with a time after which to come again:

1. The site has used up its allowance (`Allowances`): two buckets, batches and bytes, that fill again with
   time. Batches are taken before anything is unpacked; bytes are charged after it and may leave a debt,
   which is paid before the next batch. The defaults are far above what a site sends that is well.
2. The site has more than its share of a queue that is no longer short, while the writer has seconds of work.
   With one site alone the share is three quarters; with n sites it is three quarters by n. So a flood leaves
   room for whoever else comes.
3. The backlog is longer than `backlog_s`, so that the answer might come too late for who asks: requests are given up
   after twice that time. What nobody waits for is turned away a little earlier, so that results and fresh
   events still find room.

The rate that was learned is worth what it was learned from. Under load groups are large and tell it twice a second. A
quiet writer has only small groups, which are mostly the flush of the disk: they cannot show slowness, so while they
go through quickly what was learned in a slow time fades to `FIRST_RATE`, and one slow hour does not make the collector
turn away a herd in the next. Guessing too high costs little: what is then answered too late is stored all the
same, and its repeat is a duplicate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from collector.settings.model import Admission
from wire.messages import Event, Record
from wire.proofs import AuditMark, PatchProgress, Result

BATCH_UNITS: Final = 4  # what a batch costs beside its records (measured: a receipt is about four events)
NEW_UNITS: Final = 20  # ... and where a ticket may have to be opened (measured: ten check-ins without one)
FIRST_RATE: Final = 20_000.0  # units a second, before anything was measured (measured: 20,000 to 50,000)
TELLING_UNITS: Final = 250  # a smaller group is mostly the flush of the disk: it can show speed, not slowness
QUICK_S: Final = 0.25  # a small group that took no longer shows that nothing holds the writer up
LEARNING: Final = 0.3  # of the newest group
LEAST_RATE: Final = 50.0
GROUP_S: Final = 0.5  # whoever comes now is behind one group at the most
GROUP_UNITS: Final = 5_000
LEAST_GROUP_UNITS: Final = 500
SHARE: Final = 0.75  # of the room that sites divide among them
EASY: Final = 0.25  # of the room: below it nobody is counted
ROUTINE_ROOM: Final = 0.9
FRESH_S: Final = 600.0  # an event that waited longer at the host is not what somebody waits for now
SITES: Final = 100_000  # buckets that are kept
STUCK_S: Final = 5.0  # a group under way for so long is held up by the disk or by another process
LATE_S: Final = 20.0  # whatever waits longer is no longer waited for: its request was answered without it


class Verdict(StrEnum):
    """What a batch meets."""

    WELCOME = "welcome"
    SITE_FULL = "site_full"
    FULL = "full"


@dataclass(frozen=True)
class Load:
    """What waits: units in all, units of the site that asks, how many other sites wait; and what is brought."""

    units: int
    site_units: int
    other_sites: int
    capacity_units: float
    brought_units: int = 0


def judge(load: Load, *, urgent: bool) -> Verdict:
    """Whether one more batch fits."""
    room = load.capacity_units if urgent else load.capacity_units * ROUTINE_ROOM
    if load.units >= room:
        return Verdict.FULL
    if is_easy(load.units + load.brought_units, load.capacity_units):
        return Verdict.WELCOME
    share = load.capacity_units * SHARE / (load.other_sites + 1)
    is_over = load.site_units > 0 and load.site_units + load.brought_units >= share
    return Verdict.SITE_FULL if is_over else Verdict.WELCOME


def is_easy(units: int, capacity_units: float) -> bool:
    """Whether so little waits that nobody is counted."""
    return units < capacity_units * EASY


def units_of(records: int, *, is_new: bool) -> int:
    """What a batch with so many records costs; `is_new` when a fault in it may not have a ticket yet."""
    return BATCH_UNITS + records + NEW_UNITS * is_new


def is_stuck(*, busy_s: float, oldest_s: float) -> bool:
    """Whether the writer does not get on: its group takes so long, or what has waited longest."""
    return busy_s > STUCK_S or oldest_s > LATE_S


def is_urgent(records: Iterable[tuple[int, Record]], sealed_at: datetime) -> bool:
    """Whether somebody may be waiting for one of these: a result, or an event that is new.

    Both times are the host's, so that a wrong clock there changes nothing.
    """
    oldest = sealed_at - timedelta(seconds=FRESH_S)
    return any(
        isinstance(record, Result | PatchProgress | AuditMark)
        or (isinstance(record, Event) and not record.history and record.last_at >= oldest)
        for _, record in records
    )


@dataclass
class DrainRate:
    """Units that the writer gets done in a second."""

    units_s: float = FIRST_RATE
    is_learned: bool = False  # from a group that could tell; until then groups are small, so that one soon does

    def learn(self, units: int, seconds: float) -> None:
        """A group of so many units took so long."""
        found = max(LEAST_RATE, units / max(seconds, 1e-6))
        if units < TELLING_UNITS:
            fades = FIRST_RATE if seconds <= QUICK_S else 0.0
            found = max(self.units_s, min(max(found, fades), self.units_s * 1.5))  # a lucky one raises it little
        else:
            self.is_learned = True
        self.units_s += LEARNING * (found - self.units_s)

    @property
    def group_units(self) -> int:
        """How much to put into one commit: half a second of work, within bounds."""
        meant = self.units_s * GROUP_S if self.is_learned else 0.0
        return int(min(GROUP_UNITS, max(LEAST_GROUP_UNITS, meant)))

    def seconds_for(self, units: int) -> float:
        """How long this work takes."""
        return units / self.units_s


@dataclass
class Bucket:
    """An allowance that fills again with time; below zero is debt."""

    level: float
    at: float

    def fill(self, rate_s: float, most: float, now: float) -> None:
        """What came in since it was looked at last."""
        self.level = min(most, self.level + max(0.0, now - self.at) * rate_s)
        self.at = now


class Allowances:
    """What each site may send, by site."""

    def __init__(self, limits: Admission) -> None:
        self._limits = limits
        self._sites: dict[str, tuple[Bucket, Bucket]] = {}

    def wait_s(self, site: str, agents: int, now: float) -> float:
        """Take one batch of this site with so many agents: 0.0, or the seconds until it may come."""
        limits = self._limits
        rates = (
            limits.site_batches_s + limits.agent_batches_s * agents,
            float(limits.site_bytes_s + limits.agent_bytes_s * agents),
        )
        batches, size = self._buckets(site, rates, now)
        for bucket, rate_s, least in ((batches, rates[0], 1.0), (size, rates[1], 0.0)):
            if rate_s <= 0:
                continue
            bucket.fill(rate_s, rate_s * limits.burst_s, now)
            if bucket.level < least:
                return (least - bucket.level) / rate_s
        batches.level -= 1
        return 0.0

    def charge(self, site: str, size_bytes: int) -> None:
        """The batch that was taken has so many bytes, unpacked."""
        if site in self._sites:
            self._sites[site][1].level -= size_bytes

    def _buckets(self, site: str, rates: tuple[float, float], now: float) -> tuple[Bucket, Bucket]:
        found = self._sites.get(site)
        if found is None:
            if len(self._sites) >= SITES:
                self._sites.clear()
            burst_s = self._limits.burst_s
            found = self._sites[site] = (Bucket(rates[0] * burst_s, now), Bucket(rates[1] * burst_s, now))
        return found
