"""A flood beside calm sites, a week's backlog with something urgent behind it, and a database that stands still."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from collector.ingest import admission
from collector.ingest.answers import RETRY_AFTER_S, RETRY_SPREAD_S
from collector.settings.model import Admission
from tests.builders import a_health, an_event
from tests.fakes.exchange_desk import Desk, exchange_desk, play
from tests.fakes.signing_agent import SigningAgent
from wire import enrolment, envelope
from wire.messages import Event

CALM_SITES = 50
UNLIMITED = Admission(site_batches_s=0, agent_batches_s=0, site_bytes_s=0, agent_bytes_s=0)


def many(desk: Desk, agent: SigningAgent, count: int) -> envelope.Batch:
    """A batch of distinct faults."""
    at = desk.clock()
    times = {"occurred_at": at, "first_at": at, "last_at": at}
    events = [
        an_event(event_id=f"{next(desk.secrets):032x}", identity={"n": str(number)}, **times) for number in range(count)
    ]
    return agent.batch(*events)


@pytest.mark.parametrize("limits", [Admission(site_batches_s=0.5, agent_batches_s=0.5, burst_s=2), UNLIMITED])
def test_a_flood_starves_nobody(limits: Admission, tmp_path: Path) -> None:
    """With its allowance, and without one, where turns and shares alone have to do."""

    async def whole() -> None:
        async with exchange_desk(tmp_path, admission=limits, monotonic=time.monotonic) as desk:
            calm = await _enrolled(desk, CALM_SITES)
            flooding = await desk.enrolled("flood")
            flood = [replace(flooding, epoch=f"{at + 1:016x}", numbers=itertools.count(1)) for at in range(4)]
            ended = asyncio.Event()
            statuses: list[int] = []

            async def press(sender: SigningAgent) -> None:
                while not ended.is_set():
                    statuses.append((await desk.send(sender.exchange(many(desk, sender, 50)))).status_code)
                    await asyncio.sleep(0)

            pressing = [asyncio.create_task(press(sender)) for sender in flood]
            await asyncio.sleep(0.3)

            async def report(agent: SigningAgent) -> float:
                begun = time.monotonic()
                assert (await desk.send(agent.exchange(agent.batch(a_health())))).status_code == 200
                return time.monotonic() - begun

            worst_s = max([await each for each in asyncio.as_completed([report(agent) for agent in calm])])
            ended.set()
            await asyncio.gather(*pressing)
            assert worst_s < 5.0
            assert set(statuses) <= {200, 429, 503}
            if limits is not UNLIMITED:
                assert 429 in statuses

    asyncio.run(whole())


def test_what_is_urgent_passes_a_weeks_backlog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "GROUP_UNITS", 40)
    monkeypatch.setattr(admission, "LEAST_GROUP_UNITS", 40)

    async def story(desk: Desk, first: SigningAgent) -> None:
        week = desk.clock() - timedelta(days=7)
        old = an_event(occurred_at=week, first_at=week, last_at=week)
        late = [await desk.enrolled(f"late-{number}") for number in range(25)]
        fresh = [await desk.enrolled(f"fresh-{number}") for number in range(3)]
        order: list[str] = []

        async def deliver(name: str, agent: SigningAgent, event: Event) -> None:
            assert (await desk.send(agent.exchange(agent.batch(event)))).status_code == 200
            order.append(name)

        other = sqlite3.connect(tmp_path / "collector.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        tasks = [asyncio.create_task(deliver("first", first, old))]
        await _until(lambda: desk.engine.writer._busy_since is not None)
        tasks += [asyncio.create_task(deliver("late", agent, old)) for agent in late]
        await _until(lambda: desk.engine.writer.work().jobs == len(late))
        now = desk.clock()
        new = an_event(occurred_at=now, first_at=now, last_at=now)
        tasks += [asyncio.create_task(deliver("fresh", agent, new)) for agent in fresh]
        await _until(lambda: desk.engine.writer.work().jobs == len(late) + len(fresh))
        other.execute("ROLLBACK")
        other.close()
        await asyncio.gather(*tasks)
        assert order[0] == "first"
        assert sorted(order[1:9]).count("fresh") == 3, order

    play(tmp_path, story)


def test_while_the_database_stands_still_agents_are_told_when_to_come_again(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        others = [await desk.enrolled(f"site-{number}") for number in range(20)]
        blocking = sqlite3.connect(tmp_path / "collector.db", isolation_level=None)
        blocking.execute("BEGIN IMMEDIATE")
        held = asyncio.create_task(desk.send(agent.exchange(agent.batch(an_event()))))
        await _until(lambda: desk.engine.writer._busy_since is not None)
        desk.clock.move(seconds=6)
        waits = []
        for other in others:
            batch = other.batch(an_event())
            response = await desk.send(other.exchange(batch))
            assert response.status_code == 503
            desk.check_signature(response, enrolment.ack_tag(other.id), f"{batch.epoch}/{batch.sequence}")
            waits.append(int(response.headers["retry-after"]))
        assert min(waits) >= RETRY_AFTER_S
        assert max(waits) <= RETRY_AFTER_S + RETRY_SPREAD_S
        assert len(set(waits)) > 10, "they do not come back together"
        blocking.execute("ROLLBACK")
        blocking.close()
        assert (await held).status_code == 200

    play(tmp_path, story)


def test_under_load_agents_are_asked_less_often_and_waited_for_longer(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        assert (await desk.deliver(agent, agent.batch())).interval_s == 60
        desk.engine.writer._refused += 1
        desk.clock.move(seconds=desk.engine.pace.next_look)
        reply = await desk.deliver(agent, agent.batch())
        assert reply.interval_s == 90
        assert reply.phase_s is not None
        assert 0 <= reply.phase_s < 90
        assert desk.engine.health()["stretched"] is True
        assert desk.engine.jobs.duties.interval_s() == 90

    play(tmp_path, story)


async def _enrolled(desk: Desk, count: int) -> list[SigningAgent]:
    """So many agents, each at a site of its own."""
    at_once, found = 8, list[SigningAgent]()
    for start in range(0, count, at_once):
        names = [f"calm-{number}" for number in range(start, min(start + at_once, count))]
        found += await asyncio.gather(*(desk.enrolled(name) for name in names))
    return found


async def _until(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
