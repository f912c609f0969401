from __future__ import annotations

from agent.health.probes.room import Room
from tests.builders import NOW
from tests.fakes.probes import readings
from wire.messages import Disk


def test_bytes_and_inodes_for_forecasts_alone() -> None:
    disk = Disk(mount="/var", size_bytes=1, used_percent=50.5, inodes_used_percent=3)
    found = readings(Room(lambda: [disk]), NOW)
    assert [(item.forecast, item.subject, item.value) for item in found] == [
        ("HOST-DSK-FORECAST", "/var", 50.5),
        ("HOST-IND-FORECAST", "/var", 3),
    ]
    assert all(item.bounds is None for item in found)


def test_this_host_has_a_root() -> None:
    assert "/" in {found.subject for found in readings(Room(), NOW)}
