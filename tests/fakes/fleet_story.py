"""A small fleet under faults: agents in a process of their own, a collector that is killed, a ledger beside both."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.agents.collector import SERVE, MeasuredCollector
from benchmarks.agents.crew import Crew, crew
from benchmarks.agents.ledger import Comparison, compare
from benchmarks.agents.plan import Counts, Plan

AGENTS, INTERVAL_S, EVENTS = 24, 0.25, 1.5
WORK_S = 45.0  # how long the fleet may take to get a round of batches acknowledged
HASTE = 100.0  # Retry-After is 30 to 90 s; a test waits a hundredth of that
HASTY = (sys.executable, "-m", "tests.fakes.hasty_collector")
# The fleet reports two hundred times as often as a real one, each host for itself.
ADMISSION = "admission: {site_batches_s: 0, agent_batches_s: 0, site_bytes_s: 0, agent_bytes_s: 0}\n"


@contextmanager
def small_fleet(
    folder: Path, *, seed: int = 1, agents: int = AGENTS, program: Sequence[str] = SERVE, store: str = "sqlite",
    **changed: float,
) -> Iterator[tuple[MeasuredCollector, Crew]]:  # fmt: skip
    """A collector that runs and agents that are connected to it and live; both have ended afterwards."""
    told = {"interval_s": INTERVAL_S, "events": EVENTS, **changed}
    collector = MeasuredCollector(
        folder / "c", interval_s=told["interval_s"], more=ADMISSION, program=program, store=store
    )
    roster, receipt_key = collector.enrol(agents, hosts_per_site=3)
    plan = Plan(
        port=collector.port, ca=collector.ca, receipt_key=receipt_key, roster=str(roster),
        ledger=str(folder / "ledger"), worker=0, first=0, count=agents, seed=seed,
        backoff_base_s=0.05, backoff_cap_s=0.5, haste=HASTE, restarts=0.05, new_lives=0.3, answer_s=25.0,
    )  # fmt: skip
    collector.start()
    try:
        with crew(folder, msgspec.structs.replace(plan, **told), 1) as hands:
            hands.ask("live")
            yield collector, hands
    finally:
        collector.stop()


def killed_again_and_again(
    folder: Path, seed: int, kills: int, *, store: str = "sqlite", more_kills: Callable[[], None] = lambda: None
) -> tuple[Comparison, Counts]:
    """SIGKILL in the middle, start again, as often; then what the ledger and the database say.

    `more_kills` kills and restarts what stands behind the collector, while it runs.
    """
    chance, total = random.Random(seed), Counts()
    with small_fleet(folder, seed=seed, store=store) as (collector, hands):
        for _ in range(kills):
            total.add(at_work(hands))
            time.sleep(chance.uniform(0.0, INTERVAL_S))
            collector.stop(signal.SIGKILL)
            collector.start()
            total.add(at_work(hands))
            time.sleep(chance.uniform(0.0, INTERVAL_S))
            more_kills()
        found, counts = finished(folder, collector, hands)
    total.add(counts)
    return found, total


def at_work(hands: Crew, acked: int = AGENTS) -> Counts:
    """Wait until so many batches were acknowledged; what happened meanwhile."""
    end, total = time.monotonic() + WORK_S, Counts()
    while total.acked < acked:
        assert time.monotonic() < end, f"only {total.acked} acknowledged in {WORK_S} s: {total.refused}"
        time.sleep(0.02)
        total.add(hands.counts())
    return total


def finished(folder: Path, collector: MeasuredCollector, hands: Crew) -> tuple[Comparison, Counts]:
    """Everything acknowledged; the ledger against the database, and what happened since the last look."""
    hands.ask("drain")
    return compare(folder / "ledger", collector.stored()), hands.counts()
