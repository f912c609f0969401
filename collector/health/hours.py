"""One hour of one agent: its samples in one blob, merged with what comes late."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from collector.health.blob import Table, pack, unpack
from collector.health.model import Sample

HOUR_US = 3_600_000_000


def hour_of(at_us: int) -> int:
    """The number of the hour since 1970 in which an instant lies."""
    return at_us // HOUR_US


def merged(kept: Iterable[Sample], come: Iterable[Sample]) -> list[Sample]:
    """Both in the order of time, one sample for each instant: the one that is kept already, or else came first."""
    by_time: dict[int, Sample] = {}
    for sample in (*kept, *come):
        by_time.setdefault(sample.at_us, sample)
    return [by_time[at] for at in sorted(by_time)]


def pack_samples(samples: Sequence[Sample]) -> bytes:
    """The blob of an hour; series in the order of their names, so that equal sets of them compress alike."""
    names = sorted({name for sample in samples for name in sample.values})
    columns = {name: [sample.values.get(name) for sample in samples] for name in names}
    return pack([sample.at_us for sample in samples], columns)


def unpack_samples(blob: bytes, wanted: Collection[str] | None = None) -> list[Sample]:
    """The samples of `pack_samples`, with `wanted` series alone where they are named; raises `BlobRefused`."""
    return samples_of(unpack(blob, wanted))


def samples_of(table: Table) -> list[Sample]:
    """Each row as a sample, without the series that it did not have."""
    return [
        Sample(at, {name: values[row] for name, values in table.series.items() if values[row] is not None})  # type: ignore[misc]
        for row, at in enumerate(table.times_us)
    ]
