"""SIGKILL in the middle of a stream: what was acknowledged is there exactly once, whatever was repeated.

A ledger beside the collector notes every batch that was answered 200; after each kill the sender
repeats from the last acknowledged one, as an agent does. At the end the ledger is compared with
the database row by row. With deduplication broken on purpose the comparison must fail.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import threading
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.builders import an_event
from tests.fakes.running_collector import add_site, enrol, running_collector, settings_in
from tests.fakes.signing_agent import SigningAgent
from wire import envelope

pytestmark = [pytest.mark.crash, pytest.mark.e2e]

BATCHES = 60
KILLS = 2
PER_LIFE = 20  # batches before the kill is set off, which then falls into the next ones


def _ledger_story(folder: Path, seed: int, *, forget: bool = False) -> list[str]:
    """Send with kills in between; returns the differences between ledger and database."""
    chance = random.Random(seed)
    settings_in(folder)
    token = add_site(folder)
    agent: SigningAgent | None = None
    batches: list[envelope.Batch] = []
    acked: set[int] = set()
    for turn in range(KILLS + 1):
        with running_collector(folder) as running:
            if agent is None:
                agent = enrol(running, token)
                batches = [_batch(agent, at, chance) for at in range(1, BATCHES + 1)]
            back = 3 if forget else chance.randint(0, 3)
            victim = running.process if turn < KILLS else None
            _send(running.exchange, agent, batches, acked, back, victim, chance)
        if forget and turn < KILLS:
            _forget(folder)
    assert acked == set(range(1, BATCHES + 1))
    return _differences(folder, batches)


def _batch(agent: SigningAgent, at: int, chance: random.Random) -> envelope.Batch:
    event = an_event(event_id=f"{at:016x}", code=f"C-{at % 7}", count=chance.randint(1, 9))
    return agent.batch(event, sequence=at)


def _send(
    address: str,
    agent: SigningAgent,
    batches: list[envelope.Batch],
    acked: set[int],
    back: int,
    victim: subprocess.Popen[str] | None,
    chance: random.Random,
) -> None:
    """From a little before the first unacknowledged batch on; the victim is killed somewhere after the 20th."""
    first = next((at for at in range(1, BATCHES + 1) if at not in acked), BATCHES + 1)
    killer = threading.Timer(chance.uniform(0.0, 0.03), victim.kill) if victim else None
    try:
        with httpx.Client(base_url=address) as client:
            for number, batch in enumerate(batches[max(0, first - 1 - back) :]):
                if killer is not None and number == PER_LIFE:
                    killer.start()
                sent = agent.exchange(batch)
                response = client.post(sent.path, headers=sent.headers, content=sent.body)
                assert response.status_code == 200, response.text
                acked.add(batch.sequence)
    except httpx.TransportError:
        assert victim is not None
    if victim is not None:
        victim.wait(timeout=10)


def _differences(folder: Path, batches: list[envelope.Batch]) -> list[str]:
    database = sqlite3.connect(folder / "state" / "collector.db")
    stored = database.execute("SELECT sequence FROM batch ORDER BY sequence").fetchall()
    events = database.execute("SELECT event_id, count FROM event ORDER BY event_id").fetchall()
    tickets = dict(database.execute("SELECT code, count FROM ticket").fetchall())
    intact = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    expected = [msgspec.json.decode(batch.records[0]) for batch in batches]
    counts: dict[str, int] = {}
    for event in expected:
        counts[event["code"]] = counts.get(event["code"], 0) + event.get("count", 1)
    found = []
    if stored != [(batch.sequence,) for batch in batches]:
        found.append("batches")
    if events != [(event["event_id"], event.get("count", 1)) for event in expected]:
        found.append("events")
    if tickets != counts:
        found.append("tickets")
    if intact != ("ok",):
        found.append("integrity")
    return found


def _forget(folder: Path) -> None:
    """Break deduplication: the marks go back a little, and known batches and events are not recognised."""
    database = sqlite3.connect(folder / "state" / "collector.db")
    with database:
        database.execute("UPDATE batch_mark SET mark = max(0, mark - 3)")
        database.execute("UPDATE event SET event_id = event_id || 'f'")
        database.execute("UPDATE batch SET epoch = 'forgotten-' || id")
    database.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_lost_nothing_doubled(seed: int, tmp_path: Path) -> None:
    assert _ledger_story(tmp_path, seed) == []


def test_the_comparison_sees_broken_deduplication(tmp_path: Path) -> None:
    assert _ledger_story(tmp_path, 3, forget=True) == ["batches", "events", "tickets"]
