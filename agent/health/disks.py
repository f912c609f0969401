"""How full the mounted file systems are.

Left out: file systems without a disk (proc, tmpfs, ...), images that are full by nature (squashfs, iso9660),
a file system that is mounted twice, and files mounted on files, as containers do.

A network file system whose server is gone hangs every call on it, for ever. So each sample is taken
on a thread of its own with a time limit; while one hangs, no other is started.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import psutil

from wire.limits import DISKS
from wire.messages import Disk

TIME_LIMIT_S: Final = 3.0
PSEUDO: Final = frozenset(
    {
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs",
        "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal", "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "proc",
        "pstore", "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tmpfs", "tracefs", "udf",
    }
)  # fmt: skip


class DiskProbe:
    """Takes samples in bounded time; keeps the last one for while the file systems hang."""

    def __init__(self, read: Callable[[], list[Disk]] | None = None, *, limit_s: float = TIME_LIMIT_S) -> None:
        self._read = read or read_disks
        self._limit_s = limit_s
        self._last: list[Disk] = []
        self._busy: threading.Thread | None = None

    def sample(self) -> list[Disk]:
        """The disks now, or as they were when they last answered in time."""
        if self._busy is None or not self._busy.is_alive():
            self._busy = threading.Thread(target=self._take, name="disks", daemon=True)
            self._busy.start()
        self._busy.join(self._limit_s)
        return self._last

    def _take(self) -> None:
        self._last = self._read()


def read_disks() -> list[Disk]:
    """Every file system that can fill up, the shortest mount point of each."""
    mounts = [(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]
    found: dict[int, Disk] = {}
    for mount in _real(mounts):
        try:
            device = Path(mount).stat().st_dev
            if device not in found:
                found[device] = _measure(mount)
        except OSError:
            continue  # no permission, or gone since: nothing that this sample can say
    return [disk for disk in found.values() if disk.size_bytes][:DISKS]


def _real(mounts: Sequence[tuple[str, str]]) -> list[str]:
    """The mount points worth measuring; of overlays (one for each container) only the root."""
    chosen = {
        mount
        for mount, kind in mounts
        if kind not in PSEUDO and (kind != "overlay" or mount == "/") and Path(mount).is_dir()
    }
    return sorted(chosen, key=lambda mount: (len(mount), mount))


def _measure(mount: str) -> Disk:
    """As `df` counts: what is reserved for root is neither used nor free."""
    state = os.statvfs(mount)
    used = state.f_blocks - state.f_bfree
    usable = used + state.f_bavail
    inodes_used = state.f_files - state.f_ffree
    return Disk(
        mount=mount,
        size_bytes=state.f_blocks * state.f_frsize,
        used_percent=round(100 * used / usable, 1) if usable else 0.0,
        inodes_used_percent=round(100 * inodes_used / state.f_files, 1) if state.f_files else 0.0,
    )
