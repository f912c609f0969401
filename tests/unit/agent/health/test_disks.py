from __future__ import annotations

import threading
from pathlib import Path

from agent.health.disks import DiskProbe, _real, read_disks
from wire.messages import Disk


def test_this_machine_has_a_root() -> None:
    disks = read_disks()
    assert disks
    assert all(0 <= disk.used_percent <= 100 for disk in disks)
    assert len({disk.mount for disk in disks}) == len(disks)


def test_file_systems_without_a_disk_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("x", encoding="utf-8")
    mounts = [
        ("/proc", "proc"),
        ("/snap/core/1", "squashfs"),
        ("/run", "tmpfs"),
        ("/", "overlay"),
        (str(tmp_path), "overlay"),
        (str(file), "ext4"),
        ("/tmp", "ext4"),
    ]
    assert _real(mounts) == ["/", "/tmp"]


def test_a_hanging_file_system_costs_its_time_limit_once_and_no_more_threads() -> None:
    hang, calls = threading.Event(), []
    fine = [Disk(mount="/", size_bytes=1, used_percent=1.0)]

    def read() -> list[Disk]:
        calls.append(1)
        if len(calls) == 2:
            hang.wait(10)
        return fine

    probe = DiskProbe(read, limit_s=0.05)
    assert probe.sample() == fine
    assert probe.sample() == fine  # hangs: the last answer stands
    assert probe.sample() == fine
    assert len(calls) == 2
    hang.set()
    assert probe._busy is not None
    probe._busy.join(5)
    probe.sample()
    assert len(calls) == 3
