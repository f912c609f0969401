"""Blobs of health samples that were written once, and have to be read for ever.

A new version adds a file; none is ever changed or removed. `GOLDEN` says in plain words what they hold.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collector.health.blob import VERSION, Table, unpack
from collector.health.column import KINDS
from collector.health.hours import pack_samples
from collector.health.model import Sample, Value

FOLDER = Path(__file__).parent / "golden" / "health"
TIMES = [1_795_482_000_123_456, 1_795_482_060_124_000, 1_795_482_120_123_999, 1_795_485_720_000_001]
GOLDEN: dict[str, list[Value | None]] = {
    "agent_cpu_s": [0.1, 0.30000000000000004, 1 / 3, 2.5],
    "boot_id": ["6e3b7f1c", "6e3b7f1c", "6e3b7f1c", "부팅-2"],
    "cpu_percent": [12.5, 13.0, 99.9, 0.0],
    "disks.used_percent:/var/log": [None, 41.5, 41.5, None],
    "mixed": [1, 1.0, True, "1"],
    "net_sent_bytes": [2**53, 2**53 - 1, 0, 10],
    "swap_used_percent": [-0.0, 0.0, 0.0, 3.2],
    "up": [True, False, True, True],
}


def _samples() -> list[Sample]:
    rows = [{name: values[at] for name, values in GOLDEN.items()} for at in range(len(TIMES))]
    return [
        Sample(at, {name: value for name, value in row.items() if value is not None})
        for at, row in zip(TIMES, rows, strict=True)
    ]


def _told(table: Table) -> list[tuple[str, list[str]]]:
    return [(name, [repr(value) for value in values]) for name, values in table.series.items()]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.blob")), ids=lambda path: path.stem)
def test_a_blob_of_any_version_is_read(path: Path) -> None:
    table = unpack(path.read_bytes())
    assert table.times_us == TIMES
    assert _told(table) == _told(Table(TIMES, GOLDEN))


def test_there_is_a_blob_of_this_version() -> None:
    path = FOLDER / f"v{VERSION}.blob"
    if "WRITE_GOLDEN" in os.environ and not path.exists():
        path.write_bytes(pack_samples(_samples()))
    assert path.exists()
    assert {type(value) for values in GOLDEN.values() for value in values} == {*KINDS, type(None)}
