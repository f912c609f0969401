"""What clocks cost: one deadline, and the nightly comparison of 100,000 open clocks with their histories.

`python -m benchmarks.clocks [--clocks 100000]`
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from collector.sla.clock import due_at, read_target
from collector.sla.shelf import shipped
from collector.store.database import Store
from collector.store.tables import fingerprint, metadata, site, ticket
from collector.tickets.clocks.passing import check
from collector.tickets.clocks.shelf import stock
from collector.tickets.model import ChangeKind, TicketChange
from collector.tickets.timeline.writing import append

START = datetime(2026, 11, 20, tzinfo=UTC)
CALLS = 20_000
CHUNK = 2_000


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clocks", type=int, default=100_000)
    count = parser.parse_args().clocks
    _one_deadline()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "clocks.db")
        metadata.create_all(store.engine)
        _fill(store, (count + 2) // 3)
        _compare(store)
        store.close()


def _one_deadline() -> None:
    working, target = shipped("kr"), read_target("8h")
    starts = [START + timedelta(minutes=7 * each) for each in range(CALLS)]
    due_at(working, starts[-1], target)
    began = time.perf_counter()
    for start in starts:
        due_at(working, start, target)
    print(f"due_at: {(time.perf_counter() - began) / CALLS * 1e6:.1f} us a call")


def _fill(store: Store, tickets: int) -> None:
    with store.writing() as connection:
        stock(connection, START)
        row = {"name": "S", "customer": "C", "tz": "Asia/Seoul", "language": "ko", "created_at": START}
        connection.execute(insert(site).values(id="s", **row))
    began = time.perf_counter()
    for first in range(1, tickets + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, tickets + 1))
        with store.writing() as connection:
            connection.execute(insert(fingerprint), [_fingerprint(each) for each in numbers])
            connection.execute(insert(ticket), [_ticket(each) for each in numbers])
            changes = [TicketChange(START, ChangeKind.OPENED, each, {"level": 3}) for each in numbers]
            append(connection, "s", changes, actor="rule")
            changes = [
                TicketChange(START + timedelta(hours=1), ChangeKind.PAUSED, each, {"reason": "waiting_customer_info"})
                for each in numbers[::10]
            ]
            append(connection, "s", changes, actor="jh")
    print(f"opening: {(time.perf_counter() - began) / tickets * 1e6:.0f} us a ticket with three clocks")


def _compare(store: Store) -> None:
    after, count, differences, began, cpu = 0, 0, 0, time.perf_counter(), time.process_time()
    while True:
        with store.reading() as connection:
            after, more, found = check(connection, after, START + timedelta(hours=2))
        count, differences = count + more, differences + len(found)
        if not after:
            break
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(f"comparison: {count} open clocks in {wall:.1f} s, {cpu:.1f} s CPU, {differences} differences")


def _fingerprint(number: int) -> dict[str, object]:
    return {
        "id": number,
        "hash": f"{number:064x}",
        "version": 1,
        "site_id": "s",
        "module": "M",
        "code": "C",
        "identity": "{}",
        "first_seen_at": START,
        "last_seen_at": START,
        "total": 1,
    }


def _ticket(number: int) -> dict[str, object]:
    times = ("clock_start_at", "opened_at", "first_event_at", "last_event_at")
    return {
        "id": number,
        "number": f"2026-{number:06d}",
        "kind": "fault",
        "site_id": "s",
        "fingerprint_id": number,
        "product": "P",
        "module": "M",
        "code": "C",
        "title": '{"en":"T"}',
        "identity": "{}",
        "level": 3,
        "status": "new",
        "opened_by": "auto",
        "count": 1,
        **dict.fromkeys(times, START),
    }


if __name__ == "__main__":
    main()
