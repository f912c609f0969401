"""What health history is made of: samples, roll-ups, points of a chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

Value = bool | int | float | str


@dataclass(frozen=True)
class Sample:
    """One sample of a host, flat: a value for each series that it had. `at_us`: microseconds since 1970."""

    at_us: int
    values: Mapping[str, Value]


class Summary(Struct, frozen=True, gc=False):  # thousands are made for one chart
    """What the values of one series were in one stretch of time. `count` is of values, so it may be below others'."""

    count: int
    low: float
    mean: float
    high: float
    last: float


@dataclass(frozen=True)
class RollUp:
    """The summaries of all series of a host from `at_us` on, for an hour or a day."""

    at_us: int
    series: Mapping[str, Summary]


@dataclass(frozen=True)
class Point:
    """One point of a chart: the stretch that begins at `at` and what the values were in it."""

    at: datetime
    summary: Summary


class BlobRefused(Exception):
    """Bytes that are no blob of ours, or a damaged one."""
