"""What this host is: name, operating system, kernel, boot."""

from __future__ import annotations

import platform
import socket
from dataclasses import dataclass
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
UPTIME = Path("/proc/uptime")
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
    """The kernel's id of this boot, and the seconds since it (suspension included in neither)."""
    return BOOT_ID.read_text(encoding="ascii").strip(), float(UPTIME.read_text(encoding="ascii").split()[0])


def _os_name() -> str:
    try:
        lines = OS_RELEASE.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.system()
    values = dict(line.partition("=")[::2] for line in lines)
    return values.get("PRETTY_NAME", platform.system()).strip('"')
