"""SIGKILL in the middle of a fleet's work, seed after seed: what was acked is there once, by the fleet's own ledger.

Each seed is a small fleet of its own (24 agents that report four times a second, start anew now and then and lose
their spools) on a database of its own. On PostgreSQL the server is killed as well as the collector, by turns. The
control is a collector that answers before it has stored: if the ledger does not find out that it lost something, the
other results say nothing.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.agents.ledger import Comparison
from benchmarks.agents.plan import Counts
from benchmarks.agents.run import folder_for_a_run
from tests.fakes.fleet_story import HASTY, at_work, finished, killed_again_and_again, small_fleet
from tests.fakes.killable_postgresql import KillablePostgresql, killable_postgresql


@dataclass
class Sum:
    """What all seeds came to."""

    acked: int = 0
    stored: int = 0
    broken: int = 0
    duplicates: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, seed: int, found: Comparison, counts: Counts) -> None:
        """One more seed."""
        self.acked, self.stored = self.acked + found.acked, self.stored + found.stored
        self.broken, self.duplicates = self.broken + counts.broken, self.duplicates + counts.duplicates
        wrong = [*found.differences, *([f"defects: {counts.refused}"] if counts.defects else [])]
        if not counts.broken:
            wrong.append("no request was under way at a kill")
        self.wrong += [f"seed {seed}: {words}" for words in wrong]


def kill_again(store: str, seeds: int, kills: int) -> bool:
    """Run all seeds on `sqlite` or `postgresql`, and the control; whether everything holds.

    In each the collector is killed `kills` times, and on PostgreSQL the server as often.
    """
    total, begun = Sum(), time.monotonic()
    with _server(store) as server:
        for seed in range(1, seeds + 1):
            with folder_for_a_run() as folder:
                found, counts = _one(folder, seed, kills, server)
            total.add(seed, found, counts)
            print(f"seed {seed}: {found.acked} acked, {found.stored} stored, {counts.broken} requests cut, "
                  f"{counts.duplicates} duplicates: {'; '.join(found.differences) or 'holds'}", flush=True)  # fmt: skip
    lost = _control()
    print(f"{store}: {seeds} seeds of {kills} kills in {time.monotonic() - begun:.0f} s, load {os.getloadavg()[0]:.1f}:"
          f" {total.acked} events acked, {total.stored} stored, {total.broken} requests cut, {total.duplicates}"
          f" duplicates, differences: {'; '.join(total.wrong) or 'none'}")  # fmt: skip
    print(f"control, a collector that answers before it stores: {lost} of its acked events found to be lost")
    return not total.wrong and lost > 0


def _one(folder: Path, seed: int, kills: int, server: KillablePostgresql | None) -> tuple[Comparison, Counts]:
    if server is None:
        return killed_again_and_again(folder, seed, kills)
    name = f"seed_{seed}"
    with psycopg.connect(server.url("postgres"), autocommit=True, connect_timeout=30) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())

    def kill_server() -> None:
        server.stop(signal.SIGKILL)
        server.start()

    return killed_again_and_again(folder, seed, kills, store=server.url(name), more_kills=kill_server)


def _control() -> int:
    """How many acked events the ledger finds to be lost by a collector that is killed after its hasty receipts."""
    with folder_for_a_run() as folder, small_fleet(folder, program=HASTY, restarts=0.0) as (collector, hands):
        at_work(hands)
        collector.stop(signal.SIGKILL)
        collector.start()
        found, _ = finished(folder, collector, hands)
    return len(found.lost)


@contextmanager
def _server(store: str) -> Iterator[KillablePostgresql | None]:
    if store == "sqlite":
        yield None
        return
    with killable_postgresql() as server:
        yield server
