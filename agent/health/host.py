"""What this host is: name, operating system, kernel, boot."""

from __future__ import annotations

import platform
import socket
from dataclasses import dataclass
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
UPTIME = Path("/proc/uptime")
FIRST_PROCESS = Path("/proc/1/stat")
KERNEL_TICKS = 100  # a first process that began later is not the kernel's: a container's
OS_RELEASE = Path("/etc/os-release")
HOSTNAME_CHARS = 128


@dataclass(frozen=True)
class HostFacts:
    """Texts for people, each within the limits of the wire."""

    hostname: str
    os: str
    kernel: str


def read_host() -> HostFacts:
    """The host's own words about itself."""
    return HostFacts(
        hostname=socket.gethostname()[:HOSTNAME_CHARS] or "unnamed",
        os=_os_name()[:HOSTNAME_CHARS],
        kernel=platform.release()[:HOSTNAME_CHARS],
    )


def read_boot() -> tuple[str, float]:
    """The id of this boot, and the seconds since the kernel's (suspension included in neither).

    A container shares the kernel's id with its neighbours; the start of its first process tells its boots apart.
    """
    boot_id, uptime_s = (
        BOOT_ID.read_text(encoding="ascii").strip(),
        float(UPTIME.read_text(encoding="ascii").split()[0]),
    )
    ticks = first_ticks(FIRST_PROCESS.read_bytes())
    return (f"{boot_id}-{ticks}" if ticks > KERNEL_TICKS else boot_id), uptime_s


def first_ticks(stat: bytes) -> int:
    """The start of a process in clock ticks since the kernel's, from its `stat`, whose name may hold anything.

    >>> first_ticks(b"1 (a) b) S " + b" ".join(b"%d" % at for at in range(4, 30)))
    22
    """
    return int(stat.rpartition(b")")[2].split()[19])


def _os_name() -> str:
    try:
        lines = OS_RELEASE.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.system()
    values = dict(line.partition("=")[::2] for line in lines)
    return values.get("PRETTY_NAME", platform.system()).strip('"')
