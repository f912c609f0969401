"""A health record as flat series, and back; and which series are counters.

A series is called as the record's field; those of disks and processes carry whose they are behind a colon:
`disks.used_percent:/var`, `processes.rss_bytes:tomcat`. A mount or process that a record names twice counts once,
the last time. Fields that a later version adds become series by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from collector.health.model import Sample, Value
from collector.store.instant import EPOCH, to_us
from wire.messages import Health

BOOT = "boot_id"
PARTS = {"disks": "mount", "processes": "name"}  # list -> the field that says whose numbers they are
PER_SECOND = "/s"
COUNTERS = frozenset({"net_received_bytes", "net_sent_bytes", "agent_cpu_s"})  # grow from a start; a chart wants rates
RATES = frozenset(name + PER_SECOND for name in COUNTERS)


def sample_of(health: Health) -> Sample:
    """The record as one flat sample; what has the record's default is written too."""
    values: dict[str, Value] = {}
    for name in health.__struct_fields__:
        value = getattr(health, name)
        if name in PARTS:
            values |= _parts(name, value)
        elif name != "sampled_at":
            values[name] = value
    return Sample(to_us(health.sampled_at), values)


def _parts(name: str, parts: Sequence[Any]) -> dict[str, Value]:
    owner = PARTS[name]
    return {
        f"{name}.{field}:{getattr(part, owner)}": getattr(part, field)
        for part in parts
        for field in part.__struct_fields__
        if field != owner
    }


def health_of(sample: Sample) -> Health | None:
    """The record of `sample_of`; None if it is none of this version's any more."""
    fields: dict[str, Any] = {"kind": "health", "sampled_at": EPOCH + timedelta(microseconds=sample.at_us)}
    lists: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in PARTS}
    for name, value in sample.values.items():
        field, colon, owner = name.partition(":")
        if not colon:
            fields[name] = value
            continue
        kind, _, field = field.partition(".")
        lists[kind].setdefault(owner, {PARTS[kind]: owner})[field] = value
    fields |= {name: list(parts.values()) for name, parts in lists.items()}
    try:
        return msgspec.convert(fields, Health)
    except msgspec.ValidationError:
        return None


def rated(samples: Sequence[Sample]) -> list[tuple[int, dict[str, float]]]:
    """Numbers for charts, one dict a sample: counters as rates since the sample before, texts left out.

    `samples` are in the order of their times. The first has no rates, nor has one after a restart (a counter fell).
    """
    numbers = []
    before: Sample | None = None
    for sample in samples:
        now = {name: value for name, value in sample.values.items() if not isinstance(value, str)}
        chart = {name: float(value) for name, value in now.items() if name not in COUNTERS}
        if before is not None and before.values.get(BOOT) == sample.values.get(BOOT):
            chart |= _rates(before.values, now, (sample.at_us - before.at_us) / 1_000_000)
        numbers.append((sample.at_us, chart))
        before = sample
    return numbers


def _rates(before: Mapping[str, Value], now: Mapping[str, Any], seconds: float) -> Iterable[tuple[str, float]]:
    if seconds <= 0:
        return
    for name in COUNTERS & now.keys() & before.keys():
        grown = now[name] - before[name]
        if grown >= 0:
            yield name + PER_SECOND, tidy(grown / seconds)


def tidy(number: float) -> float:
    """A number that was computed, without digits that mean nothing and cost room.

    >>> tidy(0.123456), tidy(12.3456), tidy(123456.789)
    (0.1235, 12.35, 123457.0)
    """
    return round(number, 4 if abs(number) < 10 else 2 if abs(number) < 1_000 else 0)  # noqa: PLR2004
