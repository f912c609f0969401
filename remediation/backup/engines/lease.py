"""Who is at work at a target, so that what a dead one left can be told from what a living one holds.

A process is named by four things: the host (its machine id), that host's boot, the process id and the
time it started. Only together do they prove that it is dead: a process id alone is used again, a host
name stands for two containers, and a time limit kills the lock of a laptop that was asleep.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

import msgspec

PROC: Final = Path("/proc")
MACHINE_ID: Final = Path("/etc/machine-id")


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """One process on one host."""

    host: str
    boot: str
    pid: int
    started: int  # clock ticks after that boot


def owner_of(pid: int, *, proc: Path = PROC, machine_id: Path = MACHINE_ID) -> Owner:
    """The process `pid` of this host. `ProcessLookupError` when there is none."""
    started = _started(pid, proc)
    if started is None:
        raise ProcessLookupError(pid)
    return Owner(host=_text(machine_id), boot=_text(proc / "sys/kernel/random/boot_id"), pid=pid, started=started)


def is_provably_dead(owner: Owner, *, proc: Path = PROC, machine_id: Path = MACHINE_ID) -> bool:
    """Whether this host can prove that the owner is gone; False for every other host, and when in doubt."""
    host, boot = _text(machine_id), _text(proc / "sys/kernel/random/boot_id")
    if not host or not boot or owner.host != host:
        return False
    return owner.boot != boot or _started(owner.pid, proc) != owner.started


def _started(pid: int, proc: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = (proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        if fields[0] not in {b"Z", b"X"}:
            return int(fields[19])
    return None


def _text(path: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return path.read_text().strip()
    return ""
