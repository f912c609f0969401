"""What the books in the database keep beside cases: of sites, of codes, of all sites; and who is to be told.

Each is read once in a transaction, changed in memory and written by `flush_state`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from collector.store.database import Connection
from collector.tickets.desk import repository as kept
from collector.tickets.desk.model import Code, Fleet, Notice, Site


class KeptState:
    """Over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sites: dict[str, Site] = {}
        self._due_sites: dict[str, datetime | None] = {}
        self._codes: dict[tuple[str, str], Code] = {}
        self._changed_codes: set[tuple[str, str]] = set()
        self._fleet: Fleet | None = None
        self._fleet_due: datetime | None = None
        self._is_fleet_changed = False
        self._notices: list[Notice] = []

    def site(self, site: str) -> Site:
        """What is kept of a site."""
        if site not in self._sites:
            self._sites[site] = kept.read_site(self._connection, site) if site else Site()
        return self._sites[site]

    def learn_sites(self, sites: Iterable[str]) -> None:
        """Read what is kept of all these at once."""
        wanted = sorted({site for site in sites if site} - self._sites.keys())
        self._sites |= kept.read_sites(self._connection, wanted)

    def keep_site(self, site: str, kept: Site, due: datetime | None) -> None:
        """Keep it; `due` is when time changes something."""
        self._sites[site] = kept
        self._due_sites[site] = due

    def code(self, module: str, code: str) -> Code:
        """What is kept of a code across sites."""
        if (module, code) not in self._codes:
            self._codes[module, code] = kept.read_code(self._connection, module, code)
        return self._codes[module, code]

    def keep_code(self, module: str, code: str, kept: Code) -> None:
        """Keep it."""
        self._codes[module, code] = kept
        self._changed_codes.add((module, code))

    def fleet(self) -> Fleet:
        """What is kept of all sites."""
        if self._fleet is None:
            self._fleet = kept.read_fleet(self._connection)
        return self._fleet

    def keep_fleet(self, kept: Fleet, due: datetime | None) -> None:
        """Keep it; `due` is when time changes something."""
        self._fleet = kept
        self._fleet_due = due
        self._is_fleet_changed = True

    def tell(self, notice: Notice) -> None:
        """Somebody should hear of it."""
        self._notices.append(notice)

    def flush_state(self) -> None:
        """Write what changed."""
        for site, due in sorted(self._due_sites.items()):
            if site:
                kept.write_site(self._connection, site, self._sites[site], due)
        for module, code in sorted(self._changed_codes):
            kept.write_code(self._connection, module, code, self._codes[module, code])
        if self._is_fleet_changed and self._fleet is not None:
            kept.write_fleet(self._connection, self._fleet, self._fleet_due)
        kept.write_notices(self._connection, self._notices)
        self._due_sites.clear()
        self._changed_codes.clear()
        self._notices.clear()
        self._is_fleet_changed = False
