"""What the rules cost: CPU of an event, a replay of a million of them, and the lists over many open tickets.

    .venv/bin/python benchmarks/rules.py [--events 1000000] [--tickets 100000]

The events are those of a fleet in trouble: 200 sites, 40 codes, faults that come and go, storms now and
then. The tickets stand in a database in a temporary folder that is removed at the end.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import text

from collector.replay.past import Seen
from collector.replay.run import Replay
from collector.settings.model import Rules
from collector.store.database import Store
from collector.store.opening import open_store_in
from collector.tickets.desk.port import About
from collector.tickets.holds import repository as holds
from collector.tickets.model import Signal
from collector.tickets.search import repository as rows
from collector.tickets.search.model import TicketFilter
from wire.fingerprint import ticket_fingerprint

START = datetime(2026, 11, 24, tzinfo=UTC)
SITES, CODES = 200, 40
ROUNDS = 60
CHUNK = 10_000


def events(count: int) -> Iterator[Seen]:
    """A month of a fleet; one event every few seconds."""
    random = Random(5)  # noqa: S311  # the same fleet every time
    abouts = [
        About(ticket_fingerprint(f"s{site}", "M", f"C{code}", {}), f"s{site}", "M", f"C{code}", "fault")
        for site in range(SITES)
        for code in range(CODES)
    ]
    step = timedelta(days=30) / count
    for number in range(count):
        at = START + step * number
        about = abouts[random.randrange(len(abouts))]
        level = 1 + int(about.code[1:]) % 4
        yield Seen(at, about, Signal(random.random() < 0.7, level, 1, at, at, clearable=True))


def replay(count: int) -> None:
    """Wall and CPU time of the rules over so many events, generator included."""
    found = Replay(Rules())
    wall, cpu = time.perf_counter(), time.process_time()
    found.run(events(count))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"replay of {count:,} events: {wall:.1f} s, {cpu / count * 1e6:.0f} us CPU each, ", end="")
    print(f"{len(found.books.tickets):,} tickets, {len(found.books.ledger):,} lines of the ledger")


def fill(store: Store, count: int) -> None:
    """So many open tickets."""
    at = int(START.timestamp() * 1e6)
    with store.writing() as connection:
        for site in range(SITES):
            place = {"id": f"s{site}", "name": f"Site {site}", "at": at}
            connection.execute(text(SITE), place)
    for first in range(1, count + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, count + 1))
        values = [
            {
                "id": number,
                "hash": f"{number:064x}",
                "title": TITLE,
                "site": f"s{number % SITES}",
                "code": f"C{number % CODES}",
                "at": at + number * 1_000_000,
                "level": 1 + number % 4,
                "number": f"2026-{number:06d}",
                "status": ("new", "acknowledged", "in_progress")[number % 3],
                "hold": "storm" if number % 50 == 0 else None,
            }
            for number in numbers
        ]
        with store.writing() as connection:
            for statement in INSERTS:
                connection.execute(text(statement), values)


SITE = "INSERT INTO site (id, name, customer, tz, created_at) VALUES (:id, :name, 'x', 'Asia/Seoul', :at)"
TITLE = '{"en":"t"}'
INSERTS = (
    """INSERT INTO fingerprint
       (id, hash, version, site_id, module, code, identity, first_seen_at, last_seen_at, total)
       VALUES (:id, :hash, 1, :site, 'M', :code, '{}', :at, :at, 1)""",
    """INSERT INTO ticket
       (id, number, kind, site_id, fingerprint_id, product, module, code, title, identity, level, status,
        opened_by, clock_start_at, opened_at, count, first_event_at, last_event_at)
       VALUES (:id, :number, 'fault', :site, :id, 'p', 'M', :code, :title, '{}', :level, :status,
        'auto', :at, :at, 1, :at, :at)""",
    """INSERT INTO alert (fingerprint_id, site_id, ticket_id, state, level, clearable, hold)
       VALUES (:id, :site, :id, 'firing', :level, 1, :hold)""",
    """INSERT INTO ticket_event (ticket_id, site_id, at, actor, kind, detail)
       VALUES (:id, :site, :at, 'rule', 'opened', '{}')""",
)


def measure(name: str, act: Callable[[], object]) -> None:
    """Median and p95 of some rounds, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1_000)
    taken.sort()
    print(f"  {name}: median {statistics.median(taken):.1f} ms, p95 {taken[int(ROUNDS * 0.95)]:.1f} ms")


def lists(count: int) -> None:
    """What the board, the list and the page of what is quiet ask."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store_in(Path(folder))
        fill(store, count)
        print(f"{count:,} open tickets:")
        with store.reading() as connection:
            measure("board", lambda: rows.open_tickets(connection, site_id=None, assignee=None, limit=200))
            measure("board of a site", lambda: rows.open_tickets(connection, site_id="s7", assignee=None, limit=200))
            measure("counts", lambda: rows.open_counts(connection, site_id=None, assignee=None))
            measure("list", lambda: rows.list_tickets(connection, TicketFilter(open_only=True)))
            measure("list of a code", lambda: rows.list_tickets(connection, TicketFilter(open_only=True, code="C3")))
            measure("number in the bar", lambda: holds.held_count(connection))
        store.close()


def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--tickets", type=int, default=100_000)
    arguments = parser.parse_args()
    lists(arguments.tickets)
    replay(arguments.events)


if __name__ == "__main__":
    main()
