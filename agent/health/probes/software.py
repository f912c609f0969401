"""The packages of this host, and the versions of the vendor's modules on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from agent.health.packages import DPKG_STATUS, installed
from agent.health.probe import Listing
from agent.health.rpm_packages import RPM_DATABASES, rpm_installed
from agent.health.versions import module_versions
from agent.settings.probes import BoundsSettings
from wire.catalogue.model import Catalogue
from wire.messages import SoftwareKind


class Software:
    """Two lists. The list of packages is read again only when the package system has changed it."""

    name = "software"

    def __init__(
        self,
        catalogues: Callable[[], Mapping[str, Catalogue]],
        bounds: BoundsSettings,
        interval_s: float = 600,
        *,
        status: Path = DPKG_STATUS,
        rpm: Sequence[Path] = RPM_DATABASES,
    ) -> None:
        self.interval_s = interval_s
        self._catalogues = catalogues
        self._bounds = bounds
        self._lists: list[tuple[Path, Callable[[Path], dict[str, str]]]] = [(status, installed)]
        self._lists += [(database, rpm_installed) for database in rpm]
        self._stamp: tuple[int, ...] = ()
        self._packages: dict[str, str] = {}

    def read(self, now: datetime) -> Iterator[Listing]:  # noqa: ARG002  # the shape of a probe
        """Packages first, because a module may be one."""
        self._packages = self._installed()
        yield Listing(SoftwareKind.PACKAGE, self._packages)
        by_product = {catalogue.product: catalogue for catalogue in self._catalogues().values()}
        wanted = [by_product[product] for product in sorted(by_product)]
        yield Listing(SoftwareKind.MODULE, module_versions(wanted, self._bounds, self._packages, _fetch))

    def _installed(self) -> dict[str, str]:
        """Of the first package system that is here; empty without any."""
        for path, read in self._lists:
            if path.exists():
                stamp = _stamp(path)
                packages = self._packages if stamp == self._stamp else read(path)
                self._stamp = stamp
                return packages
        return {}


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when the list does: the file, or the log of writes beside it."""
    log = path.with_name(path.name + "-wal")
    seen = [each.stat() for each in (path, log) if each.exists()]
    return tuple(number for status in seen for number in (status.st_mtime_ns, status.st_size))


def _fetch(url: str, limit_bytes: int) -> bytes:
    """See `agent.health.probes.web.fetch`."""
    from agent.health.probes.web import fetch  # noqa: PLC0415  # late: few catalogues ask over HTTP

    return fetch(url, limit_bytes)
