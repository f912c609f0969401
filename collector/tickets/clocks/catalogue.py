"""Calendars and plans as people look at them and bring new ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from collector.errors import CollectorError
from collector.sla.calendar import Calendar, DayStatus
from collector.sla.plan import Plan
from collector.store.database import Connection, Store
from collector.store.meta import read_meta, write_meta
from collector.tickets.clocks import repository
from collector.tickets.clocks.model import DEFAULT_CALENDAR, CalendarLine
from collector.tickets.clocks.shelf import DEFAULT_KEY, Shelf, add_calendar
from wire.sentence import sentence


class CalendarRefused(CollectorError):
    """A calendar is unknown or cannot be imported; nothing was changed."""


def list_calendars(connection: Connection) -> Sequence[CalendarLine]:
    """The version in use of every calendar, by name."""
    default = default_name(connection)
    counts = repository.site_counts(connection)
    found = []
    for row in repository.calendars(connection):
        calendar = msgspec.json.decode(row.body, type=Calendar)
        sites = counts.get(row.name, 0) + (counts.get(None, 0) if row.name == default else 0)
        found.append(
            CalendarLine(
                id=row.id,
                name=row.name,
                version=row.version,
                zone=calendar.zone,
                since=calendar.coverage.since.isoformat(),
                until=calendar.coverage.until.isoformat(),
                provisional_days=sum(not calendar.is_confirmed(day.date, day) for day in calendar.days),
                imported_at=row.imported_at,
                imported_by=row.imported_by,
                is_default=row.name == default,
                sites=sites,
            )
        )
    return found


def default_name(connection: Connection) -> str:
    """The calendar of sites that name none."""
    return read_meta(connection, DEFAULT_KEY) or DEFAULT_CALENDAR


def import_calendar(store: Store, calendar: Calendar, *, by: str, now: datetime) -> int:
    """A calendar, or a newer version of one; returns how many days of it are foretold."""
    with store.writing() as connection:
        if repository.has_version(connection, calendar.calendar, calendar.version):
            raise CalendarRefused(
                sentence(
                    "version {version} of {name} is here already; a change needs another version",
                    version=calendar.version,
                    name=calendar.calendar,
                )
            )
        add_calendar(connection, calendar, by, now)
    return sum(day.status is DayStatus.PROVISIONAL for day in calendar.days)


def use_calendar(store: Store, name: str, site: str | None) -> None:
    """The calendar of one site, or of all sites that name none. It counts for tickets that open from now on."""
    with store.writing() as connection:
        find_calendar(connection, name)
        if site is None:
            write_meta(connection, DEFAULT_KEY, name)
        elif not repository.set_site_calendar(connection, site, name):
            raise CalendarRefused(sentence("there is no site {id}", id=site))


def find_calendar(connection: Connection, name: str) -> Calendar:
    """The version in use; `CalendarRefused` names those that there are."""
    found = Shelf(connection).current(name)
    if found is None:
        known = ", ".join(row.name for row in repository.calendars(connection))
        raise CalendarRefused(sentence("there is no calendar {name}; there are {known}", name=name, known=known))
    return found.working.calendar


def set_plan(store: Store, plan: Plan, *, by: str, now: datetime) -> None:
    """Another plan for all; open clocks go over to it, those that are over keep theirs."""
    with store.writing() as connection:
        repository.add_plan(connection, plan.plan, msgspec.json.encode(plan).decode(), now, by)
