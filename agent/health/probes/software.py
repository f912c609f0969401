"""The packages of this host, and the versions of the vendor's modules on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from agent.health.packages import DPKG_STATUS, installed
from agent.health.probe import Listing
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
    ) -> None:
        self.interval_s = interval_s
        self._catalogues = catalogues
        self._bounds = bounds
        self._status = status
        self._stamp: tuple[int, int] | None = None
        self._packages: dict[str, str] = {}

    def read(self, now: datetime) -> Iterator[Listing]:  # noqa: ARG002  # the shape of a probe
        """Packages first, because a module may be one."""
        self._packages = self._installed()
        yield Listing(SoftwareKind.PACKAGE, self._packages)
        by_product = {catalogue.product: catalogue for catalogue in self._catalogues().values()}
        wanted = [by_product[product] for product in sorted(by_product)]
        yield Listing(SoftwareKind.MODULE, module_versions(wanted, self._bounds, self._packages, _fetch))

    def _installed(self) -> dict[str, str]:
        try:
            found = self._status.stat()
        except FileNotFoundError:
            return {}
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp == self._stamp:
            return self._packages
        packages = installed(self._status)
        self._stamp = stamp
        return packages


def _fetch(url: str, limit_bytes: int) -> bytes:
    """See `agent.health.probes.web.fetch`."""
    from agent.health.probes.web import fetch  # noqa: PLC0415  # late: few catalogues ask over HTTP

    return fetch(url, limit_bytes)
