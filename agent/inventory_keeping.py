"""Sends the inventory: first of all, whenever something asks for it, and when other files are followed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from agent.inventory import take_inventory, watched_files
from agent.spool.port import Deposit, SpoolFull
from agent.uplink.delivery import Luck
from wire.catalogue.model import Catalogue
from wire.messages import SourceState

SOURCES_S: Final = 60.0  # between two inventories because of what is followed: files that come and go must not flood

_log = logging.getLogger("sitewarden")


class Place(Protocol):
    """Where it is put."""

    def deposit(self, deposit: Deposit) -> None:
        """Store it; `SpoolFull` when there is no room."""


class Host(Protocol):
    """What the host calls itself."""

    @property
    def hostname(self) -> str:
        """Its name."""

    @property
    def os(self) -> str:
        """Its operating system."""

    @property
    def kernel(self) -> str:
        """Its kernel."""


class InventoryKeeper:
    """One host's inventory. `is_due` asks for another one at the next look."""

    def __init__(
        self,
        place: Place,
        host: Host,
        sources: Callable[[], Sequence[SourceState]],
        catalogues: Callable[[], Mapping[str, Catalogue]],
        luck: Luck,
    ) -> None:
        self._place = place
        self._host = host
        self._sources = sources
        self._catalogues = catalogues
        self._luck = luck
        self._sent: set[tuple[str, str]] = set()
        self._looked_at = float("-inf")
        self.is_due = True

    def look(self) -> None:
        """Send it if it is due, or if after a while other files are followed than it says."""
        now_s = self._luck.monotonic()
        if self.is_due:
            self.send()
        elif now_s - self._looked_at >= SOURCES_S and watched_files(self._sources()) != self._sent:
            self._looked_at = now_s
            self.send()

    def send(self) -> None:
        """Deposit it; without room in the spool it stays due."""
        sources = self._sources()
        inventory = take_inventory(
            hostname=self._host.hostname,
            os=self._host.os,
            kernel=self._host.kernel,
            catalogues=self._catalogues(),
            sources=sources,
            now=self._luck.now(),
        )
        try:
            self._place.deposit(Deposit(inventory=inventory))
        except SpoolFull as full:
            _log.warning("the inventory waits, the spool has no room: %s", full)
            return
        self.is_due = False
        self._sent = watched_files(sources)
