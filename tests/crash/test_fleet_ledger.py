"""SIGKILL in the middle of a fleet's work: what was acknowledged is stored exactly once, by the fleet's own ledger.

`make test` runs two seeds, `make soak` twenty, on SQLite and on PostgreSQL. A collector that answers before it
has stored anything must be found out by the same comparison.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from benchmarks.agents.ledger import ACKED, SENT, Comparison, Ledger, Stored, compare
from benchmarks.agents.plan import Counts
from tests.fakes.fleet_story import AGENTS, HASTY, at_work, finished, killed_again_and_again, small_fleet
from tests.fakes.killable_postgresql import killable_postgresql

pytestmark = [pytest.mark.crash, pytest.mark.e2e, pytest.mark.timeout(180)]

SOAK = bool(os.environ.get("SOAK"))
SEEDS = range(1, 21 if SOAK else 3)
KILLS = 3 if SOAK else 1


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_acked_is_there_once(seed: int, tmp_path: Path) -> None:
    _holds(*killed_again_and_again(tmp_path, seed, KILLS))


@pytest.mark.parametrize("seed", SEEDS if SOAK else [1])
def test_the_same_with_postgresql_killed_too(seed: int, tmp_path: Path) -> None:
    with killable_postgresql() as server:

        def kill() -> None:
            server.stop(signal.SIGKILL)
            server.start()

        _holds(*killed_again_and_again(tmp_path, seed, KILLS, store=server.url(), more_kills=kill))


def _holds(found: Comparison, counts: Counts) -> None:
    assert found.differences == []
    assert found.acked > AGENTS
    assert counts.broken > 0, "no request was under way at a kill"
    assert counts.defects == 0, counts.refused


def test_a_receipt_before_the_commit_is_found_out(tmp_path: Path) -> None:
    with small_fleet(tmp_path, program=HASTY, restarts=0.0) as (collector, hands):
        at_work(hands)
        collector.stop(signal.SIGKILL)
        collector.start()
        found, _ = finished(tmp_path, collector, hands)
    assert found.acked > 0
    assert any(words.startswith("lost") for words in found.differences), found.differences


def test_the_comparison_sees_what_differs(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, 0)
    ledger.sent([b"e1 s CLM-0 2\n", b"e2 s CLM-0 1\n", b"e3 s CLM-1 1\n"])
    ledger.acked([b"e1 s CLM-0 2\n", b"e2 s CLM-0 1\n"])
    ledger.close()
    assert {path.name for path in tmp_path.iterdir()} == {f"{SENT}-0.txt", f"{ACKED}-0.txt"}
    right = [("e1", "s", "CLM-0", 2), ("e2", "s", "CLM-0", 1)]
    sums = {("s", "CLM-0"): 3}
    assert compare(tmp_path, Stored(right, sums, sums)).differences == []
    late = [*right, ("e3", "s", "CLM-1", 1)]  # stored, and its receipt was lost on the way
    more = {**sums, ("s", "CLM-1"): 1}
    assert compare(tmp_path, Stored(late, more, more)).differences == []
    assert compare(tmp_path, Stored(right[:1], {("s", "CLM-0"): 2}, {("s", "CLM-0"): 2})).lost == ["e2"]
    assert compare(tmp_path, Stored([*right, right[0]], sums, sums)).doubled == ["e1"]
    assert compare(tmp_path, Stored([*right, ("e9", "s", "CLM-0", 1)], sums, sums)).foreign == ["e9"]
    assert compare(tmp_path, Stored(right, {("s", "CLM-0"): 4}, sums)).tickets != []
    assert compare(tmp_path, Stored(right, sums, {})).faults != []
