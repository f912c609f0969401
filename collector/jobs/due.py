"""What time alone does to alerts and tickets: open delay, expiry, stable time, closing, silence.

Each function does one piece of work of a bounded size and returns how many it did; the loop calls
it again at the next tick. Every case stands in a savepoint of its own, so that one that cannot be
written does not hold up the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.errors import StoreUnavailable
from collector.fleet import repository as fleet
from collector.fleet.enrolment import collector_event
from collector.fleet.lives.service import say_why
from collector.fleet.presence import silent_before
from collector.settings.model import Rules
from collector.store.database import Connection, Store, savepoint
from collector.tickets.codebook import Codebook
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.model import SILENT_CODE, SITE_MODULE
from collector.tickets.desk.port import Due, DueKind
from collector.tickets.desk.silence import Host, missed
from collector.tickets.desk.stored import StoredBooks
from collector.tickets.recording import Sighting, record
from wire.messages import Event

CHUNK = 100  # cases in one transaction
LOOK = timedelta(seconds=5)

log = logging.getLogger(__name__)


def pass_time(store: Store, codebook: Codebook, rules: Rules, now: datetime) -> int:
    """Move on the alerts and sites whose time has come."""
    with store.reading() as connection:
        if not StoredBooks(connection, codebook).due(now):
            return 0
    with store.writing() as connection:
        due = StoredBooks(connection, codebook).due(now)
        for each in due:
            try:
                with savepoint(connection):
                    _move_on(connection, each, codebook, rules, now)
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("the %s %s could not be moved on", each.kind.value, each.key)
    return len(due)


def _move_on(connection: Connection, due: Due, codebook: Codebook, rules: Rules, now: datetime) -> None:
    books = StoredBooks(connection, codebook)
    desk = Desk(books, rules)
    if due.kind is DueKind.SITE:
        desk.pass_site(due.key, now)
    elif due.kind is DueKind.FLEET:
        desk.pass_fleet(now)
    else:
        desk.pass_alert(books.about(due.key), now)
    books.flush()


@dataclass
class SilenceWatch:
    """Since when nobody can have been silent: looking at every agent five times a second costs more than they do.

    `LOOK` bounds what a clock that was set back could hide.
    """

    unheard_since: datetime | None = None
    looked_at: datetime | None = None

    def is_due(self, before: datetime, now: datetime) -> bool:
        """Whether an agent may have been last seen before `before`."""
        if self.unheard_since is None or self.looked_at is None:
            return True
        return before > self.unheard_since or abs(now - self.looked_at) >= LOOK

    def note(self, unheard_since: datetime | None, now: datetime) -> None:
        """What a look at `now` found; who comes later was seen later."""
        self.looked_at, self.unheard_since = now, min(unheard_since or now, now)


def tell_silence(
    store: Store,
    codebook: Codebook,
    rules: Rules,
    *,
    started_at: datetime,
    interval_s: float,
    now: datetime,
    new_secret: Callable[[], str],
    watch: SilenceWatch | None = None,
) -> int:
    """Open the ticket of every agent that has fallen silent (R11); `interval_s` is what agents may follow now."""
    before = silent_before(rules, interval_s, started_at=started_at, now=now)
    watch = watch or SilenceWatch()
    if before is None or not watch.is_due(before, now):
        return 0
    with store.reading() as connection:
        if not fleet.watched_agents(connection, before, CHUNK):
            watch.note(fleet.longest_unheard(connection), now)
            return 0
    with store.writing() as connection:
        silent = fleet.watched_agents(connection, before, CHUNK)  # again: a batch may have come in between
        alone: list[Host] = []
        books = StoredBooks(connection, codebook)
        missed(Desk(books, rules), [Host(each.site_id, each.hostname) for each in silent], now, alone.append)
        books.flush()
        for agent in silent:
            fleet.mark_silent(connection, agent.id, now)
        for host in alone:
            sighting = Sighting(_silence(host.name, new_secret(), now), now, immediate=True)
            record(connection, host.site, [sighting], codebook=codebook, rules=rules)
        for agent in silent:
            say_why(connection, agent, now)
    return len(silent)


def _silence(hostname: str, event_id: str, now: datetime) -> Event:
    return collector_event(SITE_MODULE, SILENT_CODE, {"host": hostname}, event_id=event_id, now=now)
