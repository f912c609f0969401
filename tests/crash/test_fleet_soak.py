"""Mixed faults for an hour, on each database: nothing acked is lost or doubled, nothing unforeseen is answered.

`make soak` gives it SOAK_MINUTES (60), an equal part for each of SOAK_STORES; `make test` leaves it out,
because the faults that it mixes have tests of their own there. docs/performance.md keeps its last result.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.agents.plan import Counts
from benchmarks.agents.used import rss_mb
from tests.fakes.fleet_faults import Harm
from tests.fakes.fleet_story import at_work, finished, small_fleet
from tests.fakes.killable_postgresql import KillablePostgresql, killable_postgresql

pytestmark = [pytest.mark.crash, pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(2 * 3_600)]

MINUTES = float(os.environ.get("SOAK_MINUTES", "60"))
AGENTS = 200
RSS_MB = 400.0  # of the collector with so few agents, whatever is done to it
STORES = os.environ.get("SOAK_STORES", "sqlite,postgresql").split(",")


@contextmanager
def _database(store: str) -> Iterator[KillablePostgresql | None]:
    if store == "sqlite":
        yield None
    else:
        with killable_postgresql() as server:
            yield server


def _soaked(folder: Path, server: KillablePostgresql | None, seconds: float) -> str:
    """One soak; a line of figures."""
    chance = random.Random(7)
    total, done, memory = Counts(), Counter[str](), 0.0
    url = "sqlite" if server is None else server.url()
    with small_fleet(folder, agents=AGENTS, store=url, interval_s=5.0, new_lives=0.1) as (collector, hands):
        harm = Harm(collector, hands, chance, server)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            name, fault = chance.choice(list(harm.faults().items()))
            fault()
            done[name] += 1
            total.add(at_work(hands, AGENTS))
            memory = max(memory, rss_mb(collector.pid))
        harm.close()
        found, counts = finished(folder, collector, hands)
        total.add(counts)
    acts = ", ".join(f"{name} {count}" for name, count in sorted(done.items()))
    refused = ", ".join(f"{name} {count}" for name, count in sorted(total.refused.items()))
    line = (
        f"{seconds / 60:.0f} minutes, {found.acked} events acked in {total.acked} batches, {found.stored} stored, "
        f"differences: {found.differences or 'none'}; {acts}; refused: {refused or 'none'}; "
        f"broken {total.broken}, timeouts {total.timeouts}, duplicates {total.duplicates}; at most {memory:.0f} MB"
    )
    assert found.differences == [], line
    assert total.defects == 0, line
    assert memory < RSS_MB, line
    return line


if os.environ.get("SOAK"):

    @pytest.mark.parametrize("store", STORES)
    def test_an_hour_of_faults(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with _database(store) as server:
            line = _soaked(tmp_path, server, MINUTES * 60 / len(STORES))
        with capsys.disabled():
            print(f"\n{store}: {line}")  # noqa: T201  # the figures of an hour are what it is run for
