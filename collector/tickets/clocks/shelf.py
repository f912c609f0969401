"""Calendars and the plan of service of the database, for one transaction; built calendars are kept by their digest.

The calendars that come with the collector, and the default plan, are imported when they are first needed.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from collector.sla.calendar import Calendar
from collector.sla.plan import DEFAULT_PLAN, Plan
from collector.sla.shelf import PACKS, shipped
from collector.sla.working_time import WorkingTime
from collector.store.database import Connection, Store
from collector.store.meta import read_meta
from collector.tickets.clocks import repository
from collector.tickets.clocks.model import DEFAULT_CALENDAR, Shelved

DEFAULT_KEY: Final = "default_calendar"
SHIPPED: Final = "shipped"  # who imported what comes with the collector
KEPT_MAX: Final = 64

_built: dict[str, WorkingTime] = {}


class Shelf:
    """Over one connection; only `stock` writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ids: dict[int, int] = {}  # identity of a built calendar -> row
        self._by_id: dict[int, WorkingTime] = {}
        self._heads: dict[str, Shelved | None] = {}
        self._plan: tuple[int, Plan] | None = None

    def by_id(self, row_id: int) -> WorkingTime:
        """The calendar of a row."""
        if row_id not in self._by_id:
            self._remember(row_id, repository.calendar_digest(self._connection, row_id))
        return self._by_id[row_id]

    def id_of(self, working: WorkingTime) -> int:
        """The row of a calendar that this shelf gave."""
        return self._ids[id(working)]

    def current(self, name: str) -> Shelved | None:
        """The version in use; None when there is no calendar of this name."""
        if name not in self._heads:
            head = repository.calendar_head(self._connection, name)
            self._heads[name] = None if head is None else Shelved(head[0], self._remember(*head))
        return self._heads[name]

    def of_site(self, named: str | None) -> Shelved:
        """The calendar of a site's clocks: the one that it names, else the collector's default."""
        name = named or read_meta(self._connection, DEFAULT_KEY) or DEFAULT_CALENDAR
        found = self.current(name) or self.current(DEFAULT_CALENDAR)
        if found is None:
            raise LookupError(f"there is no calendar {name}")
        return found

    def plan(self) -> tuple[int, Plan]:
        """Row and content of the plan in use."""
        if self._plan is None:
            row = repository.newest_plan(self._connection)
            if row is None:
                raise LookupError("there is no plan")
            self._plan = (row[0], msgspec.json.decode(row[1], type=Plan))
        return self._plan

    def _remember(self, row_id: int, digest: str) -> WorkingTime:
        working = _built.get(digest)
        if working is None:
            body = repository.calendar_body(self._connection, row_id)
            working = WorkingTime(msgspec.json.decode(body, type=Calendar))
            while len(_built) >= KEPT_MAX:
                _built.pop(next(iter(_built)), None)
            _built[digest] = working
        self._ids[id(working)] = row_id
        self._by_id[row_id] = working
        return working


def stock_store(store: Store, now: datetime) -> None:
    """The same for a whole database; takes the write lock only when something is missing."""
    with store.reading() as connection:
        rows = {(row.name, row.version) for row in repository.calendars(connection)}
        theirs = {row.name for row in repository.calendars(connection) if row.imported_by != SHIPPED}
        wanted = {(name, shipped(name).calendar.version) for name in PACKS if name not in theirs}
        if wanted <= rows and repository.newest_plan(connection) is not None:
            return
    with store.writing() as connection:
        stock(connection, now)


def stock(connection: Connection, now: datetime) -> None:
    """Import what comes with the collector and is not here yet; a calendar that somebody else imported stays."""
    theirs = {row.name for row in repository.calendars(connection) if row.imported_by != SHIPPED}
    for name in PACKS:
        calendar = shipped(name).calendar
        if name not in theirs and not repository.has_version(connection, name, calendar.version):
            add_calendar(connection, calendar, SHIPPED, now)
    if repository.newest_plan(connection) is None:
        body = msgspec.json.encode(DEFAULT_PLAN).decode()
        repository.add_plan(connection, DEFAULT_PLAN.plan, body, now, SHIPPED)


def add_calendar(connection: Connection, calendar: Calendar, by: str, now: datetime) -> int:
    """One more version; returns its row."""
    body = msgspec.json.encode(calendar).decode()
    row = {
        "name": calendar.calendar,
        "version": calendar.version,
        "digest": hashlib.sha256(body.encode()).hexdigest(),
        "imported_at": now,
        "imported_by": by,
        "body": body,
    }
    return repository.add_calendar(connection, row)
