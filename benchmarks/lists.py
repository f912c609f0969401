"""What the lists of the console cost beside everything that a large desk keeps: tickets that are open, events.

    .venv/bin/python benchmarks/lists.py [--tickets 100000] [--events 5000000] [--store postgresql://boss@host/name]

The database is made for this and filled by SQL alone; a PostgreSQL has to be empty, its password in PGPASSWORD.
Events are spread over all tickets, one of a hundred of them belongs to the first ticket.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import text

from collector.auth import service
from collector.store.database import Connection, Store
from collector.store.opening import open_store_in
from collector.tickets.holds import repository as holds
from collector.tickets.search import repository as rows
from collector.tickets.search.model import TicketFilter
from tests.builders import an_event
from tests.fakes.seeded_console import add_people, parts_of, serving
from wire.messages import encode_record

START = datetime(2026, 11, 24, tzinfo=UTC)
SITES, CODES = 200, 40
ROUNDS = 60
CHUNK = 10_000
EVENTS_CHUNK = 250_000

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
    """INSERT INTO alert (fingerprint_id, site_id, ticket_id, state, level, clearable, hold, first_firing_at)
       VALUES (:id, :site, :id, 'firing', :level, TRUE, :hold, :at)""",
    """INSERT INTO ticket_event (ticket_id, site_id, at, actor, kind, detail)
       VALUES (:id, :site, :at, 'rule', 'opened', '{}')""",
)
# Ids of events are scattered like the hashes that agents make, and no two are the same: the modulus is a prime.
EVENTS = """
INSERT INTO event (event_id, site_id, fingerprint_id, ticket_id, module, code, level, status, disposition,
                   occurred_at, received_at, count, body)
WITH RECURSIVE n(i) AS (SELECT CAST(:first AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end),
named(i, ticket) AS (SELECT i, CASE WHEN i % 100 = 0 THEN 1 ELSE 1 + i % :tickets END FROM n)
SELECT CAST((i * 2654435761) % 4294967291 AS TEXT), 's' || CAST(ticket % :sites AS TEXT), ticket, ticket, 'M',
       'C' || CAST(ticket % :codes AS TEXT), 1 + ticket % 4, 'firing', 'ticket',
       :at + i * 1000, :at + i * 1000, 1, :body
FROM named
"""


def fill_tickets(store: Store, count: int) -> None:
    """So many open tickets."""
    at = int(START.timestamp() * 1e6)
    with store.writing() as connection:
        for site in range(SITES):
            connection.execute(text(SITE), {"id": f"s{site}", "name": f"Site {site}", "at": at})
    for first in range(1, count + 1, CHUNK):
        values = [_ticket(number, at) for number in range(first, min(first + CHUNK, count + 1))]
        with store.writing() as connection:
            for statement in INSERTS:
                connection.execute(text(statement), values)


def _ticket(number: int, at: int) -> dict[str, object]:
    return {
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


def fill_events(store: Store, count: int, tickets: int) -> None:
    """So many events of those tickets."""
    body = encode_record(an_event(text="x" * 200)).decode()
    fixed = {"tickets": tickets, "sites": SITES, "codes": CODES, "at": int(START.timestamp() * 1e6), "body": body}
    for first in range(1, count + 1, EVENTS_CHUNK):
        with store.writing() as connection:
            connection.execute(text(EVENTS), {**fixed, "first": first, "end": min(first + EVENTS_CHUNK, count + 1)})


def measure(name: str, act: Callable[[], object]) -> None:
    """Median and p95 of some rounds, in milliseconds; processor time of this process beside them."""
    act()
    taken, cpu = [], time.process_time()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1_000)
    cpu = (time.process_time() - cpu) / ROUNDS * 1_000
    taken.sort()
    p95 = taken[int(ROUNDS * 0.95)]
    print(f"  {name}: median {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms, {cpu:.1f} ms CPU", flush=True)


def lists(connection: Connection) -> None:
    """What the board, the list, the page of a ticket and that of what is quiet ask."""
    measure("board", lambda: rows.open_tickets(connection, site_id=None, assignee=None, limit=200))
    measure("board of a site", lambda: rows.open_tickets(connection, site_id="s7", assignee=None, limit=200))
    measure("counts", lambda: rows.open_counts(connection, site_id=None, assignee=None))
    measure("list", lambda: rows.list_tickets(connection, TicketFilter(open_only=True)))
    measure("list of a code", lambda: rows.list_tickets(connection, TicketFilter(open_only=True, code="C3")))
    measure("words looked for", lambda: rows.search_tickets(connection, "099", 50))
    measure("events of a ticket", lambda: rows.events_of(connection, 77))
    measure("events of the ticket that has most", lambda: rows.events_of(connection, 1))
    measure("number in the bar", lambda: holds.held_count(connection))
    measure("newest event and change", lambda: (rows.newest_event(connection), rows.newest_change(connection)))


def pages(store: Store) -> None:
    """The same as a person gets it: a GET on loopback, session and template included."""
    parts = parts_of(store, lambda: datetime.now(UTC))
    add_people(parts)
    link = service.make_login_link(store, "jh", new_secret=parts.new_secret, now=parts.now())
    session = service.log_in_by_link(store, link, new_secret=parts.new_secret, now=parts.now())
    with serving(parts) as url:
        connection = HTTPConnection(urlsplit(url).netloc)

        def get(path: str) -> None:
            connection.request("GET", path, headers={"cookie": f"sitewarden={session}"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != HTTPStatus.OK:
                raise ValueError(f"{path}: {answer.status} {body[:200]!r}")

        measure("GET / (200 of them)", lambda: get("/"))
        measure("GET /?site=s7", lambda: get("/?site=s7"))
        measure("GET /tickets/2026-000077", lambda: get("/tickets/2026-000077"))
        measure("GET /quiet", lambda: get("/quiet"))
        connection.close()


def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--store", help="an empty PostgreSQL database (default: SQLite)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "password").write_text(os.environ.get("PGPASSWORD", ""))
        (folder / "password").chmod(0o600)
        store = open_store_in(folder, arguments.store, folder / "password")
        began = time.perf_counter()
        fill_tickets(store, arguments.tickets)
        fill_events(store, arguments.events, arguments.tickets)
        if arguments.store:
            with store.writing() as connection:
                connection.execute(text("ANALYZE"))
        print(f"{arguments.tickets:,} open tickets, {arguments.events:,} events, {store.name}, ", end="")
        print(f"filled in {time.perf_counter() - began:.0f} s:", flush=True)
        with store.reading() as connection:
            lists(connection)
        pages(store)
        store.close()


if __name__ == "__main__":
    main()
