"""What time does to clocks: warnings, planned dates, other calendars, the nightly comparison, the end of coverage."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from collector.fleet.enrolment import collector_event
from collector.settings.model import Rules
from collector.store.database import Connection, Store
from collector.store.meta import read_meta, write_meta
from collector.tickets.clocks import passing
from collector.tickets.clocks.coverage import coverages
from collector.tickets.codebook import Codebook
from collector.tickets.desk.model import CALENDAR_CODE, CALENDAR_KNOWN_CODE, FLEET_MODULE
from collector.tickets.desk.repository import OWN_SITE, ensure_own_site
from collector.tickets.problems.closing import close_children
from collector.tickets.recording import Sighting, record
from collector.tickets.reminding.service import remind
from collector.tickets.waiting import resume_due
from wire.messages import Event

NIGHT = timedelta(hours=24)  # between two comparisons of all open clocks
CHECKED_AT, CHECKED_TICKET = "clocks_checked_at", "clocks_checked_ticket"
GUARDED_ON, SHORT = "coverage_guarded_on", "coverage_short:"
DIFFERENCES_LOGGED = 20

log = logging.getLogger(__name__)


def pass_clocks(store: Store, now: datetime) -> int:
    """What is due within a tick."""
    return passing.tell_due(store, now) + resume_due(store, now, passing.CHUNK)


def tend_clocks(store: Store, codebook: Codebook, rules: Rules, now: datetime, new_secret: Callable[[], str]) -> int:
    """What may wait for some seconds, one piece of each."""
    done = passing.renew(store, now) + check_some(store, now)
    done += remind(store, now) + close_children(store, now)
    return done + guard_coverage(store, codebook, rules, now, new_secret)


def check_some(store: Store, now: datetime) -> int:
    """The next piece of the nightly comparison; how many cycles were compared."""
    with store.reading() as connection:
        began = read_meta(connection, CHECKED_AT)
        after = int(read_meta(connection, CHECKED_TICKET) or 0)
        if began is not None and after == 0 and now - datetime.fromisoformat(began) < NIGHT:
            return 0
        last, count, found = passing.check(connection, after, now)
    for each in found[:DIFFERENCES_LOGGED]:
        log.error("the clock %s of ticket %s is not what its history says: %s", each.metric, each.number, each.column)
    with store.writing() as connection:
        if after == 0:
            write_meta(connection, CHECKED_AT, now.isoformat())
        write_meta(connection, CHECKED_TICKET, str(last))
    return count


def guard_coverage(store: Store, codebook: Codebook, rules: Rules, now: datetime, new_secret: Callable[[], str]) -> int:
    """Once a day: an internal ticket for each calendar in use whose known days end soon."""
    today = now.date().isoformat()
    with store.reading() as connection:
        if read_meta(connection, GUARDED_ON) == today:
            return 0
    with store.writing() as connection:
        told = [each for each in coverages(connection, now) if _has_changed(connection, each.name, each.is_short)]
        sightings = [
            Sighting(_event(each.name, new_secret(), now, is_short=each.is_short), now, immediate=True) for each in told
        ]
        if sightings:
            ensure_own_site(connection, now)
            record(connection, OWN_SITE, sightings, codebook=codebook, rules=rules)
        for each in told:
            write_meta(connection, SHORT + each.name, "1" if each.is_short else "0")
        write_meta(connection, GUARDED_ON, today)
    return len(told)


def _has_changed(connection: Connection, name: str, is_short: bool) -> bool:  # noqa: FBT001
    return (read_meta(connection, SHORT + name) == "1") != is_short


def _event(name: str, event_id: str, now: datetime, *, is_short: bool) -> Event:
    code = CALENDAR_CODE if is_short else CALENDAR_KNOWN_CODE
    return collector_event(FLEET_MODULE, code, {"calendar": name}, event_id=event_id, now=now)
