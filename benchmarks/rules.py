"""What the rules cost: CPU of an event, in the database and alone, and a replay of a million of them.

    .venv/bin/python benchmarks/rules.py [--events 1000000] [--rounds 300]

In the database an event is taken twice: as history, which is stored and counted and nothing else, and as what
happens now. The difference is what rules, alerts, tickets and clocks add. It is the function that ingest calls,
without the network around it. The events of the replay are those of a fleet in trouble: 200 sites, 40 codes,
faults that come and go, storms now and then. Lists: benchmarks/lists.py.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from collector.fleet.model import Site
from collector.fleet.repository import add_site
from collector.replay.past import Seen
from collector.replay.run import Replay
from collector.settings.model import Rules
from collector.store.database import Store
from collector.store.opening import open_store_in
from collector.tickets.clocks.shelf import stock
from collector.tickets.codebook import Codebook
from collector.tickets.desk.port import About
from collector.tickets.model import Signal
from collector.tickets.recording import Arrival, Sighting, record_all
from tests.builders import an_event
from wire.fingerprint import ticket_fingerprint
from wire.messages import Status

START = datetime(2026, 11, 24, tzinfo=UTC)
SITES, CODES = 200, 40
REPEATS = 3  # other work on the machine only ever adds
CODES_OF_SITE = 8  # that fire together: more would be a storm, or beyond the budget


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


@dataclass(frozen=True)
class Load:
    """Transactions as the writer makes them: `batches` of different sites, each of so many events."""

    words: str
    batches: int
    events: int
    level: int = 3
    is_new: bool = False  # every event is a fault that was never seen
    is_flapping: bool = False  # every other one clears


LOADS = (
    Load("50 events of one site, on open tickets", 1, 50),
    Load("50 batches of one event, on open tickets", 50, 1),
    Load("50 batches of one event that comes and goes", 50, 1, is_flapping=True),
    Load("50 batches of one event, each a new ticket with its clocks", 50, 1, level=1, is_new=True),
)


def in_database(rounds: int) -> None:
    """The least processor time of an event, with the rules and only stored and counted, of some runs in turn."""
    for load in LOADS:
        stored, judged = [], []
        for _ in range(REPEATS):
            stored.append(spent(load, rounds, is_history=True))
            judged.append(spent(load, rounds, is_history=False))
        least, whole = min(stored), min(judged)
        print(f"{load.words}: {least:.0f} us stored, {whole:.0f} us judged too: ", end="")
        print(f"the rules add {whole - least:.0f} us an event", flush=True)


def spent(load: Load, rounds: int, *, is_history: bool) -> float:
    """Processor time of an event, microseconds; the first transaction is not counted."""
    turns = [
        [arrival(load, turn, batch, is_history=is_history) for batch in range(load.batches)]
        for turn in range(rounds + 1)
    ]
    codebook = Codebook([])
    with tempfile.TemporaryDirectory() as folder:
        store = open_store_in(Path(folder))
        add_sites(store)
        apply(store, turns[0], codebook)
        began = time.process_time()
        for turn in turns[1:]:
            apply(store, turn, codebook)
        whole = time.process_time() - began
        store.close()
    return whole / rounds / load.batches / load.events * 1e6


def apply(store: Store, arrivals: list[Arrival], codebook: Codebook) -> None:
    """One transaction."""
    with store.writing() as connection:
        record_all(connection, arrivals, codebook=codebook, rules=Rules())


def arrival(load: Load, turn: int, batch: int, *, is_history: bool) -> Arrival:
    """What one site sends in one batch."""
    at = START + timedelta(minutes=turn, milliseconds=batch)
    sightings = []
    for position in range(load.events):
        number = (turn * load.batches + batch) * load.events + position
        code = f"C{number if load.is_new else position % CODES_OF_SITE}"
        status = Status.OK if load.is_flapping and turn % 2 else Status.FIRING
        event = an_event(
            event_id=f"{number:032x}", code=code, level=load.level, status=status, history=is_history,
            occurred_at=at, first_at=at, last_at=at, text="x" * 200,
        )  # fmt: skip
        sightings.append(Sighting(event, at, None, "e", turn, position))
    return f"s{batch}", sightings


def add_sites(store: Store) -> None:
    """Those of `arrival`."""
    with store.writing() as connection:
        stock(connection, START)
        for number in range(SITES):
            site = Site(f"s{number}", f"Site {number}", "C", "Asia/Seoul", "ko", START)
            add_site(connection, site)


def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    in_database(arguments.rounds)
    replay(arguments.events)


if __name__ == "__main__":
    main()
