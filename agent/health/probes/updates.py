"""Security updates that are known and not installed, read from the lists that APT has fetched already.

Nothing is fetched and no program is started: what counts is what the host's own APT knew at its last
`update`. Only Debian's and Ubuntu's security archives are told apart by their names. Other package
systems keep their knowledge where the agent cannot read it without their programs; there this probe
finds nothing. Versions are compared by Debian's rules (deb-version(7)).
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from agent.health.debian_version import is_newer
from agent.health.packages import DPKG_STATUS, installed, stanzas
from agent.health.probe import Reading
from agent.health.thresholds import Bounds

LISTS = Path("/var/lib/apt/lists")
FILES = 16
SHOWN = 10


class Updates:
    """One reading: how many packages have a security update waiting."""

    name = "updates"

    def __init__(self, interval_s: float = 6 * 3_600, *, lists: Path = LISTS, status: Path = DPKG_STATUS) -> None:
        self.interval_s = interval_s
        self._lists = lists
        self._status = status
        self._last: tuple[object, list[str]] | None = None

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """Count; nothing on a host without APT's lists. Reads again only when a file has changed."""
        lists = sorted(path for path in self._lists.glob("*") if is_security_list(path.name))[:FILES]
        if not lists or not self._status.exists():
            return
        stamp = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in (*lists, self._status)]
        if self._last is None or self._last[0] != stamp:
            self._last = (stamp, waiting(lists, self._status))
        names = self._last[1]
        text = f"{len(names)} security updates are waiting: {', '.join(names[:SHOWN])}" if names else "none is waiting"
        yield Reading("HOST-UPD-0001", "", len(names), "packages", Bounds(1, 0.5), text)


def is_security_list(name: str) -> bool:
    """Whether a file of APT's lists is a package list of a security archive.

    >>> is_security_list("mirror.example_debian-security_dists_bookworm-security_main_binary-amd64_Packages")
    True
    >>> is_security_list("mirror.example_debian_dists_bookworm_main_binary-amd64_Packages")
    False
    """
    return "-security_" in name and name.removesuffix(".xz").endswith("_Packages")


def waiting(lists: list[Path], status: Path) -> list[str]:
    """Names of installed packages for which a list has a newer version."""
    have = installed(status)
    found = set()
    for path in lists:
        with _opened(path) as file:
            for stanza in stanzas(file):
                name, version = stanza.get("Package", ""), stanza.get("Version", "")
                if name in have and is_newer(version, have[name]):
                    found.add(name)
    return sorted(found)


def _opened(path: Path) -> IO[bytes]:
    return lzma.open(path, "rb") if path.suffix == ".xz" else path.open("rb")
